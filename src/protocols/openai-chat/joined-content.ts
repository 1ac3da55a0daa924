import { exactObjectOf } from "../../wire/exact-json.ts";
import { stringOf, type JsonObject } from "../../wire/json-value.ts";

/**
 * What two fragments of a content are together: a text, or a list of parts where one of them is such a list.
 * Some vendors give reasoning as a part of the content
 * (https://docs.mistral.ai/capabilities/reasoning). Undefined where a fragment is neither.
 */
export function joinedContent(before: unknown, after: unknown): unknown {
  if (after === undefined || after === null) return before ?? null;
  if (before === undefined || before === null) return isContent(after) ? after : undefined;
  if (typeof before === "string" && typeof after === "string") return before + after;
  return isContent(before) && isContent(after) ? joinedParts(partsOf(before), partsOf(after)) : undefined;
}

/** True for a text and for a list of parts. */
export function isContent(value: unknown): boolean {
  return typeof value === "string" || Array.isArray(value);
}

function partsOf(content: unknown): readonly unknown[] {
  if (Array.isArray(content)) return content;
  return content === "" ? [] : [{ type: "text", text: content }];
}

/** Lists of parts one behind the other, with a part that goes on where the next list begins. */
function joinedParts(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  const [next, ...more] = after;
  const whole = joinedPart(exactObjectOf(before.at(-1)), exactObjectOf(next));
  return whole === undefined ? [...before, ...after] : [...before.slice(0, -1), whole, ...more];
}

/** Two parts as one, where they hold nothing but text, or thoughts, of one kind. */
function joinedPart(one: JsonObject | undefined, other: JsonObject | undefined): JsonObject | undefined {
  if (one === undefined || other === undefined || one["type"] !== other["type"]) return undefined;
  const isPlain = [one, other].every((part) => Object.keys(part).length === 2);
  if (!isPlain) return undefined;
  if (one["type"] === "text") {
    const texts = [stringOf(one["text"]), stringOf(other["text"])];
    return texts.includes(undefined) ? undefined : { ...one, text: texts.join("") };
  }
  const thoughts = [one["thinking"], other["thinking"]];
  if (one["type"] !== "thinking" || !thoughts.every(Array.isArray)) return undefined;
  const [before, after] = thoughts as (readonly unknown[])[];
  return { ...one, thinking: joinedParts(before ?? [], after ?? []) };
}
