import { pointerOf, type JsonNode } from "./json-tree.ts";
import { nearest } from "./nearest.ts";
import type { TypeName } from "./schema.ts";

export type FaultKind =
  | "malformed"
  | "duplicate-key"
  | "unknown-parameter"
  | "missing"
  | "wrong-type"
  | "enum"
  | "bounds"
  | "pattern"
  | "format"
  | "not-unique"
  | "forbidden"
  | "ambiguous"
  | "other";

/** One thing wrong with arguments, in words that a model can act on. */
export interface Fault {
  /** JSON Pointer (RFC 6901) of the value at fault; "" is the arguments as a whole. */
  readonly pointer: string;
  readonly kind: FaultKind;
  readonly expected: string;
  /** What stands there instead, shortened. */
  readonly found: string;
  /** The nearest valid choice, as JSON, where there is one. */
  readonly closest?: string;
  /** For unknown and missing parameters: the names that are known in that object. */
  readonly known?: readonly string[];
}

/** A fault with what it was found by: branches are compared, and values coerced, by it. */
export interface Finding {
  readonly kind: FaultKind;
  readonly at: JsonNode;
  /** The member of `at` that is unknown or missing. */
  readonly name?: string;
  /** For `wrong-type`: the types that would have been right. */
  readonly types?: readonly TypeName[];
  /** For `enum`: the values that would have been right. */
  readonly choices?: readonly unknown[];
  readonly expected?: string;
  readonly known?: readonly string[];
}

const foundCharactersMax = 60;
const choicesShown = 20;
const choiceCharactersMax = 400;

/** What stands at a fault, shortened, as JSON. */
export function shown(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  if (line.length <= foundCharactersMax) return line;
  const end = line.startsWith('"') ? '…"' : "…";
  return line.slice(0, foundCharactersMax - end.length) + end;
}

/** Puts a finding in words. `text` is the arguments' text that the nodes were read from. */
export function faultOf(finding: Finding, text: string): Fault {
  const { at, name, kind } = finding;
  const source = shown(text.slice(at.start, Math.min(at.end, at.start + 4 * foundCharactersMax)));
  const base = { pointer: pointerOf(at, name), kind, found: source };
  const known = finding.known ?? [];
  if (kind === "unknown-parameter") {
    const [closest] = nearest(name ?? "", known, 1);
    const fault = { ...base, found: shown(JSON.stringify(name)), expected: "a known parameter", known };
    return closest === undefined ? fault : { ...fault, closest: JSON.stringify(closest) };
  }
  if (kind === "missing")
    return { ...base, found: "nothing", expected: finding.expected ?? "a value", known };
  if (kind === "wrong-type") return { ...base, expected: typesInWords(finding.types ?? []) };
  if (kind === "enum") {
    const choices = finding.choices ?? [];
    const closest = closestChoice(at.value, choices);
    const fault = { ...base, expected: choicesInWords(choices) };
    return closest === undefined ? fault : { ...fault, closest };
  }
  return { ...base, expected: finding.expected ?? "a value that fits the schema" };
}

const typeWords: Readonly<Record<TypeName, string>> = {
  object: "an object",
  array: "an array",
  string: "a string",
  number: "a number",
  integer: "an integer",
  boolean: "true or false",
  null: "null",
};

export function typesInWords(types: readonly TypeName[]): string {
  const words = [...new Set(types)].map((type) => typeWords[type]);
  return words.length < 2 ? (words[0] ?? "no value") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

export function choicesInWords(choices: readonly unknown[]): string {
  const words: string[] = [];
  let characters = 0;
  for (const choice of choices) {
    const word = shown(JSON.stringify(choice));
    characters += word.length;
    if (words.length === choicesShown || characters > choiceCharactersMax) break;
    words.push(word);
  }
  const more = choices.length - words.length;
  const list = words.join(", ") + (more > 0 ? ` and ${more} more` : "");
  return choices.length === 1 ? list : `one of ${list}`;
}

function closestChoice(found: JsonNode["value"], choices: readonly unknown[]): string | undefined {
  const same = choices.find((choice) => String(choice) === String(found) && typeof choice !== "object");
  if (same !== undefined) return JSON.stringify(same);
  if (typeof found !== "string") return undefined;
  const [closest] = nearest(
    found,
    choices.filter((choice) => typeof choice === "string"),
    1,
  );
  return closest === undefined ? undefined : shown(JSON.stringify(closest));
}
