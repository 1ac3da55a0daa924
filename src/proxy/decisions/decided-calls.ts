import type { DecidedCall } from "../../exchange/run-facts.ts";
import type { Call } from "../../exchange/turn.ts";
import { canonicalJson } from "../../text/canonical-json.ts";
import { JsonTextError } from "../../wire/json-scan.ts";
import { members, rootSpan, typeAt } from "../../wire/json-text.ts";
import { jsonHash } from "./value-hash.ts";

/** Calls of one turn that are kept, and members of the arguments of one call. */
const callsMax = 256;
const argumentsMax = 64;
/** Longest name or id that is kept, in characters. */
const nameCharsMax = 200;
/** Characters of a value that are kept for people, and of all values of one turn together. */
const valueCharsMax = 200;
const valuesCharsMax = 64 * 1024;

/** The values of one call's arguments by name: beginnings of JSON. */
export type CallValues = Readonly<Record<string, string>>;

interface Argument {
  readonly name: string;
  /** Its JSON as the model wrote it. */
  readonly json: string;
}

/** The calls of a turn as they are written down. */
export function decidedCalls(calls: readonly Call[]): readonly DecidedCall[] {
  return calls.slice(0, callsMax).map(({ id, name, argumentsText }) => ({
    id: begin(id, nameCharsMax),
    name: begin(name, nameCharsMax),
    arguments: argumentsOf(argumentsText).map((one) => [one.name, jsonHash(one.json)] as const),
  }));
}

/**
 * What their arguments are, for who is told how another call differs: for each call, in the same order. Of
 * calls that are not among `names` nothing; null where there is nothing at all.
 */
export function decidedValues(
  calls: readonly Call[],
  names: ReadonlySet<string>,
): readonly CallValues[] | null {
  let characters = 0;
  const values = calls.slice(0, callsMax).map((call): CallValues => {
    if (!names.has(call.name)) return {};
    const kept: [string, string][] = [];
    for (const { name, json } of argumentsOf(call.argumentsText)) {
      const value = begin(canonicalJson(json) ?? json, valueCharsMax);
      characters += name.length + value.length;
      if (characters > valuesCharsMax) break;
      kept.push([name, value]);
    }
    // Entries, because assigning would lose a name like `__proto__`.
    return Object.fromEntries(kept);
  });
  return characters === 0 ? null : values;
}

/** The members of a JSON object, of equal names the last; none where the text is no object. */
function argumentsOf(text: string): readonly Argument[] {
  try {
    const root = rootSpan(text);
    if (typeAt(text, root) !== "object") return [];
    const byName = new Map<string, Argument>();
    for (const { key: name, value } of members(text, root)) {
      if (name.length > nameCharsMax) continue;
      byName.set(name, { name, json: text.slice(value.start, value.end) });
    }
    return [...byName.values()].slice(0, argumentsMax);
  } catch (error) {
    if (error instanceof JsonTextError) return [];
    throw error;
  }
}

/** The beginning of a text, no pair of surrogates torn apart. */
export function begin(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const cut = text.slice(0, charsMax - 1).replace(/[\ud800-\udbff]$/, "");
  return `${cut}…`;
}
