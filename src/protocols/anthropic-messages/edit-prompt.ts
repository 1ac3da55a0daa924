import type { Prompt, PromptEdit } from "../../exchange/prompt.ts";
import { applyEdits, appendInString, changeList, setMember } from "../../wire/json-edit.ts";
import type { TextEdit } from "../../wire/json-edit.ts";
import { elements, stringAt, typeAt } from "../../wire/json-text.ts";
import { editMessages } from "./edit-messages.ts";
import { editTools } from "./edit-tools.ts";
import { layoutOf } from "./layout.ts";
import type { Layout } from "./layout.ts";

/** The body with the edits carried out; without edits the very same string. */
export function editPrompt(prompt: Prompt, edits: readonly PromptEdit[]): string {
  if (edits.length === 0) return prompt.text;
  const layout = layoutOf(prompt);
  return applyEdits(prompt.text, [
    ...appendSystem(prompt.text, layout, edits),
    ...editTools(prompt, layout, edits),
    ...editMessages(prompt, layout, edits),
  ]);
}

/** Text goes to the end of a system string, behind the last system block, or becomes the prompt. */
function appendSystem(body: string, layout: Layout, edits: readonly PromptEdit[]): TextEdit[] {
  const added = edits.flatMap((edit) => (edit.kind === "append-system" ? [edit.text] : []));
  if (added.length === 0) return [];
  const { root, system } = layout;
  if (system === undefined) return [setMember(body, root, "system", JSON.stringify(added.join(gap)))];
  if (typeAt(body, system) === "string") {
    const own = stringAt(body, system) === "" ? [] : [""];
    return [appendInString(system, [...own, ...added].join(gap))];
  }
  const blocks = elements(body, system);
  const texts = added.map((text) => JSON.stringify({ type: "text", text }));
  return changeList(system, blocks, { removed: new Set(), inserted: new Map([[blocks.length, texts]]) });
}

/** Between a system string and what is appended: a paragraph of its own. */
const gap = "\n\n";
