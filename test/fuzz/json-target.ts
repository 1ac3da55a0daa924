import { isDeepStrictEqual } from "node:util";
import { checkJson } from "../../src/wire/json-check.ts";
import { applyEdits, changeList, removeMembers, setMember } from "../../src/wire/json-edit.ts";
import { jsonDepthMax, JsonTextError } from "../../src/wire/json-scan.ts";
import { elements, members, parseAt, rootSpan, typeAt, type Span } from "../../src/wire/json-text.ts";
import { oneOf, pick, type Random, type Target } from "./fuzz.ts";
import { jsonWords } from "./words.ts";

function parsed(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return null;
  }
}

/** Whether our own checker takes it. Throws where it fails in any other way. */
function accepts(text: string): boolean {
  try {
    checkJson(text);
    return true;
  } catch (thrown) {
    if (thrown instanceof JsonTextError) return false;
    throw thrown;
  }
}

/** How deep brackets are nested, in a text that is JSON. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of text.replaceAll(/"(?:[^"\\]|\\.)*"/gs, "").matchAll(/[[\]{}]/g)) {
    depth += bracket === "[" || bracket === "{" ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** All objects and arrays of a document, found with our own functions. */
function containers(text: string, span: Span, found: Span[] = []): Span[] {
  const type = typeAt(text, span);
  if (type === "array") {
    found.push(span);
    for (const element of elements(text, span)) containers(text, element, found);
  } else if (type === "object") {
    found.push(span);
    for (const { value } of members(text, span)) containers(text, value, found);
  }
  return found;
}

function sameAs(text: string, span: Span, expected: unknown, what: string): void {
  const found = parseAt(text, span);
  if (isDeepStrictEqual(found, expected)) return;
  throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)} in ${text}`);
}

/** Changes one list, and compares with what the same change does to the parsed value. */
function changeArray(text: string, span: Span, random: Random): void {
  const spans = elements(text, span);
  const values = spans.map((one) => parseAt(text, one));
  const removed = new Set(spans.flatMap((_, index) => (random() < 0.4 ? [index] : [])));
  const before = pick(random, spans.length + 1);
  const inserted = new Map([[before, ['"new"', "[]"].slice(0, pick(random, 3))]]);
  const after = applyEdits(text, changeList(span, spans, { removed, inserted }));
  const expected = [...values, undefined].flatMap((value, index) => [
    ...(index === before ? (inserted.get(before) ?? []).map((json) => JSON.parse(json) as unknown) : []),
    ...(index < values.length && !removed.has(index) ? [value] : []),
  ]);
  const end = span.end + after.length - text.length;
  sameAs(after, { start: span.start, end }, expected, "A changed list");
  if (!after.startsWith(text.slice(0, span.start)) || !after.endsWith(text.slice(span.end))) {
    throw new Error("Bytes outside the list were changed.");
  }
}

function changeObject(text: string, span: Span, random: Random): void {
  const before = parseAt(text, span) as Record<string, unknown>;
  const names = [...new Set(members(text, span).map(({ key }) => key)), "added"];
  const name = oneOf(random, names);
  const set = applyEdits(text, [setMember(text, span, name, '{"set":true}')]);
  const expected = new Map([...Object.entries(before), [name, { set: true }]]);
  sameAs(
    set,
    { start: span.start, end: span.end + set.length - text.length },
    objectOf(expected),
    "A set member",
  );
  const gone = applyEdits(text, removeMembers(text, span, new Set([name])));
  expected.delete(name);
  sameAs(
    gone,
    { start: span.start, end: span.end + gone.length - text.length },
    objectOf(expected),
    "A removed member",
  );
}

/** `__proto__` is a name like any other in JSON, and must not be one for this comparison. */
function objectOf(entries: ReadonlyMap<string, unknown>): unknown {
  const object = {};
  for (const [key, value] of entries) {
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return object;
}

/** Any text: taken exactly where `JSON.parse` takes it, and edited as the value would be. */
export const jsonTarget: Target = {
  name: "json",
  corpus: [
    '{"a":1,"b":[true,null,"x\\u00e9"],"c":{"d":-0.5e+10}}',
    ' [ 1 , [ ] , { } , "" ] ',
    '{"a":1,"a":2,"":{"":[]}}',
    '"\\ud83d\\ude00\\n"',
    `${"[".repeat(40)}${"]".repeat(40)}`,
  ].map((text) => Buffer.from(text)),
  words: jsonWords,
  check(input, random) {
    const text = Buffer.from(input).toString("utf8");
    const value = parsed(text);
    // A byte order mark before a document is let through: what reads behind us drops it (RFC 8259 8.1).
    const bare = text.startsWith("\ufeff") ? text.slice(1) : text;
    const valid = value !== null || parsed(bare) !== null;
    const taken = accepts(text);
    if (taken !== valid && !(valid && depthOf(bare) > jsonDepthMax)) {
      throw new Error(`JSON.parse says ${valid}, the checker says ${taken}: ${JSON.stringify(text)}`);
    }
    if (!taken) return `refused, ${text.length > 20}`;
    const root = rootSpan(text);
    const found = containers(text, root);
    sameAs(text, root, JSON.parse(bare), "The whole document");
    const span = found.length === 0 ? undefined : oneOf(random, found);
    if (span === undefined) return typeAt(text, root);
    if (typeAt(text, span) === "array") changeArray(text, span, random);
    else changeObject(text, span, random);
    return `${typeAt(text, span)} in ${Math.min(found.length, 12)}, deep ${Math.min(depthOf(bare), 12)}`;
  },
};
