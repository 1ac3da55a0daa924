import { members, rootSpan, typeAt, type Span } from "./json-text.ts";

/** The members of an object as JSON texts, by name; of equal names the last. */
export type MemberTexts = Map<string, string>;

export function memberTexts(text: string, object: Span): MemberTexts {
  return new Map(members(text, object).map(({ key, value }) => [key, text.slice(value.start, value.end)]));
}

/** The object that has these members. */
export function objectText(texts: MemberTexts): string {
  return `{${Array.from(texts, ([key, json]) => `${JSON.stringify(key)}:${json}`).join(",")}}`;
}

/** Takes later members in: of each the last word counts that is not null. */
export function takeLater(texts: MemberTexts, later: MemberTexts): void {
  for (const [key, json] of later) {
    if (json !== "null" || !texts.has(key)) texts.set(key, json);
  }
}

/** The later of two values, of two objects each member's. */
export function laterText(before: string | undefined, after: string): string {
  if (before === undefined) return after;
  if (after === "null") return before;
  const [one, other] = [rootSpan(before), rootSpan(after)];
  if (typeAt(before, one) !== "object" || typeAt(after, other) !== "object") return after;
  const texts = memberTexts(before, one);
  takeLater(texts, memberTexts(after, other));
  return objectText(texts);
}
