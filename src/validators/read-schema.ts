import { orNull, readKeywords, type Draft } from "./dialect.ts";
import { nestingOf } from "./json-tree.ts";
import { isRaw, References, type Raw, type Referent } from "./references.ts";
import { below, BrokenSchema, inPlace, OverLimit, type Schema, type SchemaNode } from "./schema.ts";
import type { LinearPattern } from "./linear-pattern.ts";

export interface SchemaLimits {
  readonly schemaBytesMax: number;
  /** Formats that are enforced; all others are annotations. */
  readonly formats: ReadonlySet<string>;
}

/** A schema ready for use. `targets` holds what references lead to; number 0 is the schema itself. */
export interface SchemaTree {
  readonly targets: readonly Schema[];
  readonly root: Schema;
  /** What a `$ref` of the normal form leads to. */
  readonly target: (ref: string) => Schema;
  /** How many schema objects there are. */
  readonly size: number;
  readonly patterns: ReadonlyMap<string, LinearPattern>;
  /** What of the schema is not enforced, in sentences for the operator. */
  readonly notes: readonly string[];
}

// Deeper schemas overflow the stack of a compiler; the deepest in use have some 40 levels.
const schemaDepthMax = 200;
// References that lead to references without looking into the value: frames on the stack.
const chainMax = 500;
// Targets of references may overlap, and each is read for itself.
const nodesMax = 20_000;
const notesMax = 8;

/**
 * Reads a tool's schema. Throws `BrokenSchema` where it cannot be a schema (then name and JSON form
 * are all there is to check), and `OverLimit` where a limit keeps it from being looked at.
 */
export function readSchema(text: string, limits: SchemaLimits): SchemaTree {
  if (Buffer.byteLength(text) > limits.schemaBytesMax) {
    throw new OverLimit(`the schema has more than ${limits.schemaBytesMax} bytes`);
  }
  if (nestingOf(text, schemaDepthMax + 1) > schemaDepthMax) {
    throw new OverLimit(`the schema nests more than ${schemaDepthMax} levels deep`);
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (thrown) {
    throw new BrokenSchema("the schema is not JSON", { cause: thrown });
  }
  if (!isRaw(document) && typeof document !== "boolean") {
    throw new BrokenSchema("the schema is neither an object nor true or false");
  }
  return new TreeReader(document, limits).tree();
}

class TreeReader {
  readonly #references: References;
  readonly #formats: ReadonlySet<string>;
  readonly #numbers = new Map<unknown, number>();
  readonly #referents: Referent[] = [];
  readonly #patterns = new Map<string, LinearPattern>();
  readonly #notes = new Set<string>();
  readonly #weak = new Set<Draft>();
  #nodes = 0;

  constructor(document: unknown, limits: SchemaLimits) {
    this.#references = new References(document);
    this.#formats = limits.formats;
    this.#numberOf(this.#references.root);
  }

  tree(): SchemaTree {
    const targets: Schema[] = [];
    // Reading a target can find further ones, which then stand behind it.
    for (let number = 0; number < this.#referents.length; number += 1) {
      const { raw, base } = this.#referents[number] ?? this.#references.root;
      const schema = this.#read(raw, base, number === 0 ? "#" : `(target ${number} of a "$ref")`);
      targets.push(typeof schema === "object" ? schema : schema ? {} : { not: {} });
    }
    const target = (ref: string): Schema => targets[Number(ref.slice(refPrefix.length))] ?? true;
    const nodes = nodesOf(targets);
    checkChains(nodes, target);
    relaxAroundWeak(nodes, target, this.#weak);
    const notes = [...this.#notes].slice(0, notesMax);
    return { targets, root: targets[0] ?? true, target, size: nodes.length, patterns: this.#patterns, notes };
  }

  #numberOf(referent: Referent): number {
    // Two equal booleans may share a number: they are the same schema.
    const known = this.#numbers.get(referent.raw);
    if (known !== undefined) return known;
    const number = this.#referents.push(referent) - 1;
    this.#numbers.set(referent.raw, number);
    return number;
  }

  #read(raw: unknown, base: string, where: string): Schema {
    this.#nodes += 1;
    if (this.#nodes > nodesMax) throw new OverLimit(`the schema has more than ${nodesMax} parts`);
    if (typeof raw === "boolean") return raw;
    if (!isRaw(raw)) {
      this.#notes.add(`${where} is not a schema and not enforced.`);
      const anything = {};
      this.#weak.add(anything);
      return anything;
    }
    let weak = false;
    const own = this.#references.baseIn(raw, base);
    const draft = readKeywords(raw, {
      child: (child, keyword) => this.#read(child, own, `${where}/${keyword}`),
      weaken: (sentence) => {
        weak = true;
        if (sentence !== "") this.#notes.add(`At ${where.slice(0, 200)} ${sentence}.`);
      },
      patterns: this.#patterns,
      formats: this.#formats,
    });
    this.#refer(raw, draft, own);
    const whole = raw["nullable"] === true ? orNull(draft) : draft;
    if (weak) this.#weak.add(draft).add(whole);
    return whole;
  }

  /** One document has one dynamic scope, so its dynamic references are plain ones. */
  #refer(raw: Raw, draft: Draft, base: string): void {
    const found = ["$ref", "$dynamicRef", "$recursiveRef"]
      .map((keyword) => raw[keyword])
      .filter((reference) => typeof reference === "string")
      .map((reference) => refPrefix + this.#numberOf(this.#references.resolve(reference, base)));
    const [first, ...others] = found;
    if (first !== undefined) draft["$ref"] = first;
    if (others.length > 0) {
      const before = (draft["allOf"] as Schema[] | undefined) ?? [];
      draft["allOf"] = [...before, ...others.map((ref) => ({ $ref: ref }))];
    }
  }
}

const refPrefix = "#/$defs/";

function nodesOf(targets: readonly Schema[]): SchemaNode[] {
  const found: SchemaNode[] = [];
  const open: Schema[] = [...targets];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (typeof at === "boolean") continue;
    found.push(at);
    for (const child of inPlace(at, () => true)) open.push(child);
    for (const child of below(at)) open.push(child);
  }
  return found;
}

interface Visit {
  readonly node: SchemaNode;
  readonly children: Iterator<Schema>;
  height: number;
}

/**
 * A schema that applies itself to the same value again has no meaning, and validators overflow on
 * it. Found by a walk with its own stack, since a chain of references may be as long as the schema.
 */
function checkChains(nodes: readonly SchemaNode[], target: (ref: string) => Schema): void {
  const heights = new Map<Schema, number>();
  const running = new Set<Schema>();
  const visit = (node: SchemaNode): Visit => {
    running.add(node);
    return { node, children: inPlace(node, target)[Symbol.iterator](), height: 1 };
  };
  for (const start of nodes) {
    const path: Visit[] = heights.has(start) ? [] : [visit(start)];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { done, value: child } = top.children.next();
      if (done === true) {
        path.pop();
        running.delete(top.node);
        heights.set(top.node, top.height);
        const holder = path.at(-1);
        if (holder !== undefined) holder.height = Math.max(holder.height, top.height + 1);
      } else if (running.has(child)) {
        throw new BrokenSchema("the schema refers to itself without end");
      } else if (heights.has(child)) {
        top.height = Math.max(top.height, (heights.get(child) ?? 0) + 1);
      } else if (typeof child === "object") {
        path.push(visit(child));
      }
      if (top.height > chainMax || path.length > chainMax) {
        throw new OverLimit(`the schema has a chain of more than ${chainMax} references`);
      }
    }
  }
}

/**
 * Where something is not enforced, what asks for its *failure* must not be either: `not` of a
 * pattern that is no longer there would refuse everything, and two forms of `oneOf` that differ in
 * it would always both fit.
 */
function relaxAroundWeak(
  nodes: readonly SchemaNode[],
  target: (ref: string) => Schema,
  weakest: ReadonlySet<Draft>,
): void {
  if (weakest.size === 0) return;
  const holders = new Map<unknown, SchemaNode[]>();
  for (const node of nodes) {
    for (const child of [...inPlace(node, target), ...below(node)]) {
      const known = holders.get(child);
      if (known === undefined) holders.set(child, [node]);
      else known.push(node);
    }
  }
  const weak = new Set<unknown>(weakest);
  const open: unknown[] = [...weakest];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const holder of holders.get(at) ?? []) {
      if (!weak.has(holder)) open.push(holder);
      weak.add(holder);
    }
  }
  for (const node of nodes) relax(node as Draft, weak);
}

function relax(node: Draft, weak: ReadonlySet<unknown>): void {
  if (weak.has(node["not"])) delete node["not"];
  if (weak.has(node["if"])) for (const keyword of ["if", "then", "else"]) delete node[keyword];
  if (weak.has(node["contains"])) delete node["maxContains"];
  const forms = node["oneOf"];
  if (!Array.isArray(forms) || !forms.some((form) => weak.has(form))) return;
  delete node["oneOf"];
  if (node["anyOf"] === undefined) node["anyOf"] = forms;
  else node["allOf"] = [...((node["allOf"] as Schema[] | undefined) ?? []), { anyOf: forms }];
}
