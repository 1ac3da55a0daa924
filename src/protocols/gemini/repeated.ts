import { changeList, type ListChange, type TextEdit } from "../../wire/json-edit.ts";
import { elements, typeAt, type Span } from "../../wire/json-text.ts";

/**
 * A repeated field. Google's own examples write one element without the list around it
 * (`"parts": {"text": "…"}`), and the API takes that for a list of one.
 */
export interface Repeated {
  readonly span: Span;
  readonly items: readonly Span[];
  readonly isList: boolean;
}

/** Undefined where neither a list nor an object stands there. */
export function repeatedAt(text: string, span: Span | undefined): Repeated | undefined {
  const type = span === undefined ? undefined : typeAt(text, span);
  if (span === undefined || (type !== "array" && type !== "object")) return undefined;
  return type === "array"
    ? { span, items: elements(text, span), isList: true }
    : { span, items: [span], isList: false };
}

/** As `changeList`; an element without a list gets one, where it does not stay alone. */
export function changeRepeated({ span, items, isList }: Repeated, change: ListChange): TextEdit[] {
  if (isList) return changeList(span, items, change);
  const before = change.inserted.get(0) ?? [];
  const after = change.inserted.get(1) ?? [];
  if (change.removed.has(0)) return [{ ...span, text: `[${[...before, ...after].join(",")}]` }];
  if (before.length + after.length === 0) return [];
  return [
    { start: span.start, end: span.start, text: `[${before.map((json) => `${json},`).join("")}` },
    { start: span.end, end: span.end, text: `${after.map((json) => `,${json}`).join("")}]` },
  ];
}
