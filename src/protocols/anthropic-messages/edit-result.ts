import type { Part } from "../../exchange/prompt.ts";
import { setMember } from "../../wire/json-edit.ts";
import type { TextEdit } from "../../wire/json-edit.ts";
import { textSlots } from "./blocks.ts";

/**
 * Other texts for a result: each goes where the old one stood, so that blocks keep their other fields
 * (`cache_control`, citations), and a text that stays keeps its escapes. A single text where there are
 * several or none is a stub: it takes the place of the whole content, images included.
 */
export function editResult(body: string, part: Part, texts: readonly string[]): TextEdit[] {
  const slots = textSlots(body, part.span);
  const [stub] = texts;
  if (slots.length === texts.length) {
    return slots.flatMap((slot, at) => {
      const text = texts[at];
      return text === undefined || text === part.texts[at] ? [] : [{ ...slot, text: JSON.stringify(text) }];
    });
  }
  if (texts.length !== 1 || stub === undefined) {
    throw new RangeError(`Part ${part.index} has ${slots.length} texts, the edit has ${texts.length}.`);
  }
  return [setMember(body, part.span, "content", JSON.stringify(stub))];
}
