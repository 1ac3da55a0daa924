import type { Part, Prompt, PromptEdit } from "../exchange/prompt.ts";

/** True where one of the edits takes any part out of the prompt. */
export function dropsParts(edits: readonly PromptEdit[]): boolean {
  return edits.some(({ kind }) => kind === "drop-messages" || kind === "drop-thinking");
}

/** True where one of the edits takes this part out of the prompt. */
export function leaves(part: Part, edits: readonly PromptEdit[]): boolean {
  return edits.some((edit) => {
    if (edit.kind === "drop-messages") {
      return part.message >= edit.from && part.message < edit.to && part.kind !== "system";
    }
    return (
      edit.kind === "drop-thinking" &&
      part.kind === "thinking" &&
      part.message >= edit.from &&
      part.message < edit.to
    );
  });
}

/**
 * The edits that may be carried out on a conversation whose thinking is bound to what stands before
 * message `from`: those that touch nothing before it. A refused offer leaves all the same, because
 * a policy does not wait; the thinking that this voids leaves with it.
 */
export function editsBehind(
  edits: readonly PromptEdit[],
  prompt: Prompt,
  from: number,
): readonly PromptEdit[] {
  if (from === 0) return edits;
  const kept = edits.filter((edit) => edit.kind === "remove-offer" || staysBehind(edit, prompt, from));
  if (!kept.some(({ kind }) => kind === "remove-offer")) return kept;
  return [...kept, { kind: "drop-thinking", from: 0, to: from }];
}

/** True where an edit touches nothing before message `from`: thinking before it stays valid. */
function staysBehind(edit: PromptEdit, prompt: Prompt, from: number): boolean {
  switch (edit.kind) {
    case "result-texts":
      return (prompt.parts[edit.part]?.message ?? -1) >= from;
    case "insert":
      return edit.after >= from;
    case "drop-messages":
    case "drop-thinking":
      return edit.from >= from;
    case "replace-message":
      return edit.message >= from;
    case "kept-id":
      return true;
    case "append-system":
    case "remove-offer":
    case "rewrite-offer":
      return false;
  }
}
