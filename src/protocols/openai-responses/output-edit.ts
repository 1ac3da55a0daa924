import { changeList, setMember, type TextEdit } from "../../wire/json-edit.ts";
import { elements, member, parseAt, stringAt, typeAt, type Span } from "../../wire/json-text.ts";
import { argumentsKeyOf } from "./item-call.ts";

/** What becomes of an element of `output`. */
export type ItemChange =
  | { readonly kind: "drop" }
  | { readonly kind: "rewrite"; readonly argumentsText: string };

/** Gives an item that is a call other arguments. */
export function rewriteItem(text: string, item: Span, argumentsText: string): TextEdit {
  const type = member(text, item, "type");
  const key = argumentsKeyOf(type === undefined ? undefined : stringAt(text, type));
  return setMember(text, item, key, JSON.stringify(argumentsText));
}

/** The elements of `output`; none where no array stands there. */
export function outputOf(text: string, response: Span): { list: Span; items: readonly Span[] } | undefined {
  const list = member(text, response, "output");
  if (list === undefined || typeAt(text, list) !== "array") return undefined;
  return { list, items: elements(text, list) };
}

/** Edits that carry out the changes on `output`; `before` are items that come in front of all others. */
export function editOutput(
  text: string,
  output: { readonly list: Span; readonly items: readonly Span[] },
  changeOf: (index: number) => ItemChange | undefined,
  before: readonly string[],
): TextEdit[] {
  const removed = new Set<number>();
  const edits: TextEdit[] = [];
  for (const [index, item] of output.items.entries()) {
    const change = changeOf(index);
    if (change?.kind === "drop") removed.add(index);
    else if (change !== undefined) edits.push(rewriteItem(text, item, change.argumentsText));
  }
  const inserted = before.length === 0 ? new Map<number, string[]>() : new Map([[0, before]]);
  return [...edits, ...changeList(output.list, output.items, { removed, inserted })];
}

/** Adds output tokens to the usage of a response, where the provider gave one. */
export function addOutputTokens(text: string, response: Span, added: number): TextEdit[] {
  const usage = added === 0 ? undefined : member(text, response, "usage");
  if (usage === undefined || typeAt(text, usage) !== "object") return [];
  return ["output_tokens", "total_tokens"].flatMap((key) => {
    const span = member(text, usage, key);
    const count = span === undefined ? undefined : parseAt(text, span);
    return span === undefined || typeof count !== "number" ? [] : [{ ...span, text: String(count + added) }];
  });
}
