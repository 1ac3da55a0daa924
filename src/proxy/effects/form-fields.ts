import type { KeyFields } from "../settings.ts";

/** A field of a form or a query: its name as it is meant, and what of it enters a key. */
interface Field {
  readonly name: string;
  readonly pieces: readonly string[];
}

/** How deep names are looked into; where one is deeper, all of its kind count in the order they came in. */
const depthMax = 32;

/**
 * The pieces of a key that a form (`application/x-www-form-urlencoded`) gives: names and values
 * decoded, in the order of names, except where order has a meaning. Null where an escape is
 * malformed: parsers differ in what they make of it. `text` holds bytes as characters.
 */
export function formPieces(text: string, fields: KeyFields): readonly string[] | null {
  if (/%(?![0-9a-f]{2})/i.test(text)) return null;
  const read = pairsOf(text).map(([name, value]): Field => {
    const meant = decodedBytes(name);
    return { name: meant, pieces: [meant, value === null ? "" : decodedBytes(value)] };
  });
  // One text: a list of pieces is spread into a call, and a form may have more fields than that takes.
  return ["form", JSON.stringify(chosen(read, named(fields, "/")).map(({ pieces }) => pieces))];
}

/** A query in one order, as it is written; without the parameters that are ignored (`?name`). */
export function queryKey(query: string, fields: KeyFields): string {
  const read = pairsOf(query.replace(/^\?/, "")).map(([name, value]): Field => ({
    name: decodedBytes(name),
    pieces: [value === null ? name : `${name}=${value}`],
  }));
  return chosen(read, named(fields, "?"))
    .flatMap(({ pieces }) => pieces)
    .join("&");
}

function pairsOf(text: string): (readonly [string, string | null])[] {
  return text
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const equals = pair.indexOf("=");
      return equals < 0 ? [pair, null] : [pair.slice(0, equals), pair.slice(equals + 1)];
    });
}

/** The fields that are meant by `/name`, or `?name` of a query. Names as bytes, like those that are read. */
export function named({ include, ignore }: KeyFields, sign: "/" | "?"): KeyFields {
  const names = (all: readonly string[]): readonly string[] =>
    all
      .filter((one) => one.startsWith(sign))
      .map((one) => asBytes(sign === "/" ? unescaped(one.slice(1)) : one.slice(1)));
  return { include: names(include), ignore: names(ignore) };
}

function unescaped(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}

function asBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function chosen(fields: readonly Field[], { include, ignore }: KeyFields): readonly Field[] {
  const kept = fields.filter(({ name }) => !ignore.includes(name));
  const isWhole = include.length === 0 || !include.every((one) => kept.some(({ name }) => name === one));
  return inOrder(isWhole ? kept : kept.filter(({ name }) => include.includes(name)));
}

/** In the order of names; those of equal names, and those whose order says something, as they came. */
function inOrder(fields: readonly Field[]): readonly Field[] {
  const groups = new Map<string, Field[]>();
  for (const field of fields) {
    const root = field.name.split("[", 1)[0] ?? "";
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [field]);
    else group.push(field);
  }
  return [...groups]
    .toSorted(([one], [other]) => compare(one, other))
    .flatMap(([, group]) =>
      isOrdered(group) ? group : group.toSorted((one, other) => compare(one.name, other.name)),
    );
}

/**
 * `items[][id]` begins a new item wherever it comes again, and `a` before `a[b]` is overwritten by it:
 * servers build nested values in the order of the fields.
 */
function isOrdered(group: readonly Field[]): boolean {
  const names = new Set(group.map(({ name }) => name));
  for (const name of names) {
    if (name.includes("[]")) return true;
    let at = name.indexOf("[");
    for (let depth = 1; at >= 0; depth++) {
      if (depth > depthMax || names.has(name.slice(0, at))) return true;
      at = name.indexOf("[", at + 1);
    }
  }
  return false;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Escapes as bytes, and `+` as a space, as forms have it. What is malformed stays as it is. */
function decodedBytes(text: string): string {
  return text
    .replaceAll("+", " ")
    .replaceAll(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
