import type { TextEdit } from "../../wire/json-edit.ts";
import { member, parseAt, typeAt, type Span } from "../../wire/json-text.ts";

/** Adds output tokens to the usage of an answer or a chunk, where the provider gave one. */
export function addOutputTokens(text: string, root: Span, added: number): TextEdit[] {
  if (added === 0) return [];
  const usage = member(text, root, "usage");
  if (usage === undefined || typeAt(text, usage) !== "object") return [];
  return ["completion_tokens", "total_tokens"].flatMap((key) => {
    const span = member(text, usage, key);
    const count = span === undefined ? undefined : parseAt(text, span);
    return span === undefined || typeof count !== "number" ? [] : [{ ...span, text: String(count + added) }];
  });
}
