// JSON text as a tree whose nodes know where they stand, so that a fault can name its place and an
// edit can change one value and leave every other byte as the model wrote it.

type JsonKind = "object" | "array" | "string" | "number" | "boolean" | "null";

export interface JsonNode {
  readonly kind: JsonKind;
  /** UTF-16 offsets of the value: `text.slice(start, end)`. */
  readonly start: number;
  readonly end: number;
  /** The decoded value of a scalar; undefined for objects and arrays. */
  readonly value: string | number | boolean | null | undefined;
  /** Members in order, duplicates included. */
  readonly members: readonly JsonMember[];
  readonly elements: readonly JsonNode[];
  /** How many values stand in it, itself included. */
  readonly size: number;
  readonly parent: JsonNode | null;
  /** The name or index under which the parent holds it; null at the root. */
  readonly step: string | number | null;
}

export interface JsonMember {
  readonly name: string;
  /** The name as a value of its own: what `propertyNames` is about. */
  readonly key: JsonNode;
  readonly node: JsonNode;
}

/** The text is not JSON (RFC 8259), or nests deeper than allowed. */
export class JsonSyntaxError extends Error {
  readonly position: number;
  readonly expected: string;
  /** True where the text ends before its value does. */
  readonly atEnd: boolean;

  constructor(position: number, expected: string, atEnd: boolean) {
    super(`expected ${expected} at position ${position}`);
    this.name = "JsonSyntaxError";
    this.position = position;
    this.expected = expected;
    this.atEnd = atEnd;
  }
}

const nothing: readonly never[] = [];
const whiteSpace = /[ \t\n\r]*/y;
const numberToken = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// Anything below a space is a control character, which JSON wants escaped.
const stringStop = /["\\]|[^ -\uffff]/g;
const escapeToken = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const wordCharacter = /[\w.+-]/;

/** How deep arrays and objects nest, at most `upTo`; strings are jumped over, nothing is parsed. */
export function nestingOf(text: string, upTo: number): number {
  const marks = /["[\]{}]/g;
  let depth = 0;
  let deepest = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    const character = mark[0];
    if (character === '"') {
      marks.lastIndex = endOfString(text, mark.index);
    } else if (character === "[" || character === "{") {
      depth += 1;
      if (depth > deepest) deepest = depth;
      if (deepest >= upTo) return deepest;
    } else {
      depth -= 1;
    }
  }
  return deepest;
}

/** Where a string ends that starts at a quotation mark, behind its closing one. */
export function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return text.length;
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

/** Reads a whole JSON text. Throws `JsonSyntaxError`. */
export function readJson(text: string, limits: { readonly depthMax: number }): JsonNode {
  // Checked before, so that the recursion below is never deeper than this.
  if (text.length > limits.depthMax && nestingOf(text, limits.depthMax + 1) > limits.depthMax) {
    throw new JsonSyntaxError(0, `at most ${limits.depthMax} levels of nesting`, false);
  }
  const reader = new JsonReader(text);
  const root = reader.value(null, null);
  reader.skip();
  if (reader.at < text.length) throw reader.unexpected("the end of the text");
  return root;
}

class JsonReader {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  skip(): void {
    if (this.#text.charCodeAt(this.at) > 0x20) return;
    whiteSpace.lastIndex = this.at;
    whiteSpace.exec(this.#text);
    this.at = whiteSpace.lastIndex;
  }

  unexpected(expected: string): JsonSyntaxError {
    return new JsonSyntaxError(this.at, expected, this.at >= this.#text.length);
  }

  value(parent: JsonNode | null, step: string | number | null): JsonNode {
    this.skip();
    const first = this.#text[this.at];
    if (first === "{") return this.#object(parent, step);
    if (first === "[") return this.#array(parent, step);
    if (first === '"') return this.#string(parent, step);
    for (const [word, value] of literals) {
      if (this.#text.startsWith(word, this.at) && !this.#wordGoesOn(word.length)) {
        return this.#scalar(value === null ? "null" : "boolean", value, word.length, parent, step);
      }
    }
    numberToken.lastIndex = this.at;
    const number = numberToken.exec(this.#text)?.[0];
    if (number !== undefined && !this.#wordGoesOn(number.length)) {
      return this.#scalar("number", Number(number), number.length, parent, step);
    }
    throw this.unexpected("a JSON value");
  }

  /** `nullable` is not `null`, and `012` is not `0`. */
  #wordGoesOn(length: number): boolean {
    return wordCharacter.test(this.#text[this.at + length] ?? "");
  }

  #scalar(
    kind: JsonKind,
    value: JsonNode["value"],
    length: number,
    parent: JsonNode | null,
    step: string | number | null,
  ): JsonNode {
    const start = this.at;
    this.at += length;
    return { kind, start, end: this.at, value, members: nothing, elements: nothing, size: 1, parent, step };
  }

  #string(parent: JsonNode | null, step: string | number | null): JsonNode {
    const start = this.at;
    let at = start + 1;
    let isEscaped = false;
    for (;;) {
      stringStop.lastIndex = at;
      const stop = stringStop.exec(this.#text);
      this.at = stop?.index ?? this.#text.length;
      if (stop === null) throw this.unexpected("a closing quotation mark");
      if (stop[0] === '"') break;
      if (stop[0] !== "\\") throw this.unexpected("an escape (\\n, \\t, \\u0000) for a control character");
      escapeToken.lastIndex = stop.index;
      if (!escapeToken.test(this.#text)) throw this.unexpected("a valid escape after the backslash");
      at = escapeToken.lastIndex;
      isEscaped = true;
    }
    const length = this.at + 1 - start;
    const written = this.#text.slice(start, start + length);
    const value = isEscaped ? (JSON.parse(written) as string) : written.slice(1, -1);
    this.at = start;
    return this.#scalar("string", value, length, parent, step);
  }

  #array(parent: JsonNode | null, step: string | number | null): JsonNode {
    const elements: JsonNode[] = [];
    const node = opened("array", this.at, nothing, elements, parent, step);
    this.at += 1;
    this.skip();
    if (this.#text[this.at] === "]") return this.#close(node);
    for (;;) {
      const element = this.value(node, elements.length);
      elements.push(element);
      node.size += element.size;
      this.skip();
      const next = this.#text[this.at];
      if (next === "]") return this.#close(node);
      if (next !== ",") throw this.unexpected('"," or "]"');
      this.at += 1;
    }
  }

  #object(parent: JsonNode | null, step: string | number | null): JsonNode {
    const members: JsonMember[] = [];
    const node = opened("object", this.at, members, nothing, parent, step);
    this.at += 1;
    this.skip();
    if (this.#text[this.at] === "}") return this.#close(node);
    for (;;) {
      this.skip();
      if (this.#text[this.at] !== '"') throw this.unexpected("a name in double quotation marks");
      const key = this.#string(node, null);
      this.skip();
      if (this.#text[this.at] !== ":") throw this.unexpected('":"');
      this.at += 1;
      const name = String(key.value);
      const value = this.value(node, name);
      members.push({ name, key, node: value });
      node.size += value.size;
      this.skip();
      const next = this.#text[this.at];
      if (next === "}") return this.#close(node);
      if (next !== ",") throw this.unexpected('"," or "}"');
      this.at += 1;
    }
  }

  #close(node: OpenNode): JsonNode {
    this.at += 1;
    node.end = this.at;
    return node;
  }
}

const literals: readonly (readonly [string, boolean | null])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

type OpenNode = { -readonly [Key in keyof JsonNode]: JsonNode[Key] };

function opened(
  kind: "object" | "array",
  start: number,
  members: readonly JsonMember[],
  elements: readonly JsonNode[],
  parent: JsonNode | null,
  step: string | number | null,
): OpenNode {
  return { kind, start, end: start, value: undefined, members, elements, size: 1, parent, step };
}

/** The JSON Pointer (RFC 6901) of a node, optionally of a member of it; "" is the root. */
export function pointerOf(node: JsonNode, name?: string): string {
  const steps: string[] = name === undefined ? [] : [escapeStep(name)];
  for (let at: JsonNode | null = node; at !== null && at.step !== null; at = at.parent) {
    steps.unshift(escapeStep(String(at.step)));
  }
  return steps.map((step) => `/${step}`).join("");
}

function escapeStep(step: string): string {
  return step.replaceAll("~", "~0").replaceAll("/", "~1");
}

// Objects are asked for their members once per schema keyword: without an index, a large object and
// a large schema would cost their product.
const unindexedMax = 8;
const indexes = new WeakMap<JsonNode, ReadonlyMap<string, JsonNode>>();

/** The last member of that name, as `JSON.parse` takes it. */
export function memberOf(node: JsonNode, name: string): JsonNode | undefined {
  if (node.members.length <= unindexedMax) return node.members.findLast((one) => one.name === name)?.node;
  let index = indexes.get(node);
  if (index === undefined) {
    index = new Map(node.members.map((member) => [member.name, member.node]));
    indexes.set(node, index);
  }
  return index.get(name);
}

/** Members whose name stood in the same object before. */
export function duplicatesOf(node: JsonNode): readonly JsonMember[] {
  const found: JsonMember[] = [];
  const open: JsonNode[] = [node];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const names = new Set<string>();
    for (const member of at.members) {
      if (names.has(member.name)) found.push(member);
      names.add(member.name);
      if (member.node.size > 1) open.push(member.node);
    }
    for (const element of at.elements) if (element.size > 1) open.push(element);
  }
  return found;
}
