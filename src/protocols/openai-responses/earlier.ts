import type { Prompt } from "../../exchange/prompt.ts";
import { applyEdits, setMembers } from "../../wire/json-edit.ts";
import type { EarlierTurn } from "../protocol.ts";
import { InputChange } from "./input-change.ts";
import { itemsOf, layoutOf, readPrompt } from "./read-prompt.ts";

/**
 * The prompt with everything before it that `previous_response_id` stands for. Tools and instructions
 * are not among it: the provider takes both from each request anew.
 * https://platform.openai.com/docs/guides/conversation-state
 */
export function withEarlier(prompt: Prompt, earlier: readonly EarlierTurn[]): Prompt {
  const layout = layoutOf(prompt);
  const input = new InputChange(prompt, layout, itemsOf(layout));
  input.prepend(earlier.flatMap((turn) => [...itemTexts(turn.prompt), ...turn.output]));
  const { edits, added } = input.textEdits();
  const members = added === undefined ? [] : setMembers(prompt.text, layout.root, [["input", added]]);
  return readPrompt(applyEdits(prompt.text, [...edits, ...members]), prompt.path);
}

function itemTexts(prompt: Prompt): string[] {
  const layout = layoutOf(prompt);
  const texts = layout.items.map(({ start, end }) => prompt.text.slice(start, end));
  return layout.form === "list" ? texts : texts.map((text) => `{"role":"user","content":${text}}`);
}
