import type { Prompt, PromptEdit } from "../../exchange/prompt.ts";
import {
  appendInString,
  applyEdits,
  changeList,
  removeMembers,
  setMember,
  setMembers,
  type TextEdit,
} from "../../wire/json-edit.ts";
import { elements, member, stringAt, typeAt, type Span } from "../../wire/json-text.ts";
import { editOffers } from "./edit-offers.ts";
import { paragraph, resultTexts } from "./edit-result.ts";
import { InputChange } from "./input-change.ts";
import type { ItemShape } from "./item-shape.ts";
import type { RequestLayout } from "./layout.ts";
import { itemsOf, layoutOf } from "./read-prompt.ts";

type EditOf<Kind extends PromptEdit["kind"]> = Extract<PromptEdit, { kind: Kind }>;

/** Text edits, and members that the request does not have yet. */
interface Changes {
  readonly edits: TextEdit[];
  readonly members: [key: string, json: string][];
}

/** The body with the edits carried out; without edits the very same string. */
export function editPrompt(prompt: Prompt, edits: readonly PromptEdit[]): string {
  if (edits.length === 0) return prompt.text;
  const layout = layoutOf(prompt);
  const items = itemsOf(layout);
  const input = new InputChange(prompt, layout, items);
  const changes: Changes = { edits: [], members: [] };
  const appended: string[] = [];
  // What leaves is known first: nothing inside a message that leaves is edited.
  for (const edit of edits) {
    if (edit.kind === "drop-messages") input.drop(edit);
    else if (edit.kind === "replace-message") input.replace(edit);
    else if (edit.kind === "insert") input.insert(edit);
    else if (edit.kind === "append-system") appended.push(edit.text);
    else if (edit.kind === "kept-id") changes.members.push(["previous_response_id", JSON.stringify(edit.to)]);
  }
  for (const edit of edits) {
    if (edit.kind === "result-texts") changes.edits.push(...editResult(prompt, input, edit));
    else if (edit.kind === "drop-thinking") changes.edits.push(...dropThinking(prompt, input, items, edit));
  }
  if (appended.length > 0) appendSystem({ prompt, layout, items }, input, appended.join(paragraph), changes);
  const ofOffers = editOffers(prompt, layout, items, edits, input);
  const { edits: ofInput, added } = input.textEdits();
  if (added !== undefined) changes.members.push(["input", added]);
  return applyEdits(prompt.text, [
    ...ofInput,
    ...changes.edits,
    ...ofOffers,
    ...setMembers(prompt.text, layout.root, changes.members),
  ]);
}

function editResult(prompt: Prompt, input: InputChange, edit: EditOf<"result-texts">): TextEdit[] {
  const part = prompt.parts[edit.part];
  if (part?.kind !== "result") throw new RangeError(`Part ${edit.part} of the prompt is no result.`);
  return input.hasLost(part.message) ? [] : resultTexts(prompt.text, part, edit.texts);
}

/** Items whose id ties them to the reasoning before them: without it they are sent as new ones. */
const tied: ReadonlySet<string> = new Set(["message", "function_call", "custom_tool_call"]);

function dropThinking(
  prompt: Prompt,
  input: InputChange,
  items: readonly ItemShape[],
  edit: EditOf<"drop-thinking">,
): TextEdit[] {
  const edits: TextEdit[] = [];
  for (const { index } of prompt.messages.slice(edit.from, edit.to)) {
    if (input.hasLost(index)) continue;
    const { from, to } = input.itemsOf(index);
    if (!items.slice(from, to).some(({ kind }) => kind === "thinking")) continue;
    for (const part of prompt.parts.filter(({ message }) => message === index)) {
      const item = part.index - (prompt.messages[index]?.partsFrom ?? 0) + from;
      if (part.kind === "thinking") input.removeItem(item);
      else if (tied.has(items[item]?.type ?? "")) {
        edits.push(...removeMembers(prompt.text, part.span, new Set(["id"])));
      }
    }
  }
  return edits;
}

/**
 * Text at the end of the system prompt: of the last of the system messages that open the input, or else
 * of the instructions, which stand before all items. A system message further down is part of the
 * conversation, and text there would not stand first.
 */
function appendSystem(
  { prompt, layout, items }: { prompt: Prompt; layout: RequestLayout; items: readonly ItemShape[] },
  input: InputChange,
  text: string,
  changes: Changes,
): void {
  const first = items.findIndex(({ role }) => role !== "system");
  const opening = items.slice(0, first === -1 ? items.length : first);
  const last = opening.findLastIndex(({ kind }) => kind === "system");
  const message = layout.items[last];
  const instructions = layout.span("instructions");
  if (message !== undefined) changes.edits.push(...appendToMessage(prompt.text, message, text));
  else if (instructions !== undefined) changes.edits.push(...appendToText(prompt.text, instructions, text));
  // Instructions would take the place of those in a prompt that is stored at the provider.
  else if (layout.span("prompt") !== undefined) input.insert({ after: -1, role: "system", text });
  else changes.members.push(["instructions", JSON.stringify(text)]);
}

function appendToMessage(body: string, message: Span, text: string): TextEdit[] {
  const content = member(body, message, "content");
  if (content !== undefined) {
    const edits = appendToText(body, content, text);
    if (edits.length > 0) return edits;
  }
  return [setMember(body, message, "content", JSON.stringify(text))];
}

function appendToText(body: string, content: Span, text: string): TextEdit[] {
  const type = typeAt(body, content);
  if (type === "string") {
    return [appendInString(content, stringAt(body, content) === "" ? text : `${paragraph}${text}`)];
  }
  if (type !== "array") return [];
  const spans = elements(body, content);
  const added = JSON.stringify({ type: "input_text", text });
  return changeList(content, spans, { removed: new Set(), inserted: new Map([[spans.length, [added]]]) });
}
