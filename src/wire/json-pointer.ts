import { elements, member, rootSpan, typeAt, type Span } from "./json-text.ts";

/** A JSON Pointer (RFC 6901) step by step. */
export function stepsOf(pointer: string): string[] {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Where the value lies that steps lead to, or null where they lead nowhere. `text` is JSON. */
export function spanAt(text: string, steps: readonly string[]): Span | null {
  let at: Span | null = rootSpan(text);
  for (const step of steps) {
    if (at === null) return null;
    at = inside(text, at, step);
  }
  return at;
}

function inside(text: string, at: Span, step: string): Span | null {
  const type = typeAt(text, at);
  if (type === "object") return member(text, at, step) ?? null;
  if (type !== "array" || !/^(?:0|[1-9]\d{0,8})$/.test(step)) return null;
  return elements(text, at)[Number(step)] ?? null;
}
