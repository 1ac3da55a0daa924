import type { Prompt, PromptEdit } from "../../exchange/prompt.ts";
import { appendInString, applyEdits, type TextEdit } from "../../wire/json-edit.ts";
import { stringAt, typeAt } from "../../wire/json-text.ts";
import { ContentsChange } from "./edit-contents.ts";
import { editOffers } from "./edit-offers.ts";
import { fieldAt, setField } from "./fields.ts";
import type { RequestLayout } from "./layout.ts";
import { layoutOf } from "./read-prompt.ts";
import { changeRepeated, repeatedAt } from "./repeated.ts";

/** The body with the edits carried out; without edits the very same string. */
export function editPrompt(prompt: Prompt, edits: readonly PromptEdit[]): string {
  if (edits.length === 0) return prompt.text;
  const layout = layoutOf(prompt);
  const contents = new ContentsChange(prompt, layout);
  const appended: string[] = [];
  // What leaves is known first: nothing inside a message that leaves is edited.
  for (const edit of edits) {
    if (edit.kind === "drop-messages") contents.drop(edit);
    else if (edit.kind === "replace-message") contents.replace(edit);
    else if (edit.kind === "append-system") appended.push(edit.text);
  }
  const system = appendSystem(layout, appended, contents);
  for (const edit of edits) {
    if (edit.kind === "insert") contents.insert(edit.after, edit.text);
    else if (edit.kind === "result-texts") contents.rewriteResult(edit);
    else if (edit.kind === "drop-thinking") contents.dropThinking(edit);
  }
  return applyEdits(prompt.text, [...contents.textEdits(), ...system, ...editOffers(prompt, layout, edits)]);
}

/**
 * Text at the end of the system instruction, as parts of their own; an instruction is added where
 * there is none. Beside a cached content the API accepts none
 * (https://ai.google.dev/api/caching), so there the text comes before the first content.
 */
function appendSystem(
  layout: RequestLayout,
  texts: readonly string[],
  contents: ContentsChange,
): readonly TextEdit[] {
  if (texts.length === 0) return [];
  const { body, root, system } = layout;
  const added = texts.map((text) => JSON.stringify({ text }));
  if (system === undefined) {
    if (layout.field("cachedContent") === undefined) {
      return [setField(body, root, "systemInstruction", `{"parts":[${added.join(",")}]}`)];
    }
    for (const text of texts) contents.insert(-1, text);
    return [];
  }
  if (typeAt(body, system) === "string") {
    const own = stringAt(body, system) === "" ? [] : [""];
    return [appendInString(system, [...own, ...texts].join("\n\n"))];
  }
  if (typeAt(body, system) !== "object") return [];
  const parts = repeatedAt(body, fieldAt(body, system, "parts"));
  if (parts === undefined) return [setField(body, system, "parts", `[${added.join(",")}]`)];
  return changeRepeated(parts, { removed: new Set(), inserted: new Map([[parts.items.length, added]]) });
}
