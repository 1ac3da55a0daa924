import type { Part, Span } from "../../exchange/prompt.ts";
import { setMember } from "../../wire/json-edit.ts";
import type { TextEdit } from "../../wire/json-edit.ts";
import { textSlots } from "./blocks.ts";

/**
 * Other texts for a result: each goes where the old one stood, so that blocks keep their other fields
 * (`cache_control`, citations). A single text where there are several or none is a stub, and takes the
 * place of the whole content, images included.
 */
export function editResult(body: string, part: Part, texts: readonly string[]): TextEdit[] {
  const block: Span = part.span;
  const slots = textSlots(body, block);
  const [first] = texts;
  if (slots.length === texts.length) {
    return slots.map((slot, at) => ({ ...slot, text: JSON.stringify(texts[at] ?? "") }));
  }
  if (texts.length !== 1 || first === undefined) {
    throw new RangeError(`Part ${part.index} has ${slots.length} texts, the edit has ${texts.length}.`);
  }
  return [setMember(body, block, "content", JSON.stringify(first))];
}
