import type { Part } from "../../exchange/prompt.ts";
import { setMember, type TextEdit } from "../../wire/json-edit.ts";
import { elements, member, parseAt, stringAt, typeAt, type Span } from "../../wire/json-text.ts";
import { objectOf } from "../../wire/json-value.ts";
import { textKeyOf } from "./content.ts";

/** Between texts that come to stand in one. */
export const paragraph = "\n\n";

/** Other texts for a result: one for each text in it, or all in place of the whole output. */
export function resultTexts(body: string, part: Part, texts: readonly string[]): TextEdit[] {
  const spans = textSpans(body, part.span);
  if (texts.length !== part.texts.length) return oneStub(body, part.span, spans, texts.join(paragraph));
  return spans.flatMap((span, index) => {
    const text = texts[index];
    // A text that stays keeps its escapes.
    return text === undefined || text === part.texts[index] ? [] : [{ ...span, text: JSON.stringify(text) }];
  });
}

function oneStub(body: string, item: Span, spans: readonly Span[], stub: string): TextEdit[] {
  const type = member(body, item, "type");
  if (type === undefined || stringAt(body, type) !== "shell_call_output") {
    return [setMember(body, item, "output", JSON.stringify(stub))];
  }
  // The output of a shell is a list of what each command wrote, and cannot be a text.
  return spans.map((span, index) => ({ ...span, text: JSON.stringify(index === 0 ? stub : "") }));
}

/** The strings in an output, in the order of the texts that reading finds. */
function textSpans(body: string, item: Span): Span[] {
  const output = member(body, item, "output");
  if (output === undefined) return [];
  if (typeAt(body, output) === "string") return [output];
  if (typeAt(body, output) !== "array") return [];
  return elements(body, output).flatMap((element) => {
    const part = objectOf(parseAt(body, element));
    if (part === undefined) return [];
    const key = textKeyOf(part);
    const keys =
      key === undefined ? ["stdout", "stderr"].filter((one) => typeof part[one] === "string") : [key];
    return keys.flatMap((one) => member(body, element, one) ?? []);
  });
}
