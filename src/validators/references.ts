import { BrokenSchema } from "./schema.ts";

/** Keywords whose value is a schema, a list of schemas, or a map of schemas, in any draft. */
export const schemaPositions = {
  single: [
    "items",
    "additionalItems",
    "contains",
    "unevaluatedItems",
    "additionalProperties",
    "propertyNames",
    "unevaluatedProperties",
    "not",
    "if",
    "then",
    "else",
  ],
  list: ["items", "prefixItems", "allOf", "anyOf", "oneOf"],
  map: ["$defs", "definitions", "properties", "patternProperties", "dependentSchemas", "dependencies"],
} as const;

export type Raw = Readonly<Record<string, unknown>>;

export function isRaw(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a reference leads to, and the base for the references inside it. */
export interface Referent {
  readonly raw: unknown;
  readonly base: string;
}

// A scheme of our own for schemas without an id. It is never fetched: nothing is.
const noBase = "schema:/";

/**
 * The ids, anchors and pointers of one schema document. A reference is followed inside the document
 * and nowhere else, whatever address it has (JSON Schema 2020-12, section 8.2).
 */
export class References {
  readonly #resources = new Map<string, Raw>();
  readonly #anchors = new Map<string, Raw>();
  readonly #bases = new Map<Raw, string>();
  readonly root: Referent;

  constructor(document: unknown) {
    this.root = { raw: document, base: noBase };
    if (!isRaw(document)) return;
    this.#resources.set(noBase, document);
    const open: { readonly raw: Raw; readonly base: string }[] = [{ raw: document, base: noBase }];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const base = this.#note(at.raw, at.base);
      for (const child of childrenOf(at.raw)) if (isRaw(child)) open.push({ raw: child, base });
    }
    this.root = { raw: document, base: this.#bases.get(document) ?? noBase };
  }

  /** The base for references in a schema that stands below `base`. */
  baseIn(raw: Raw, base: string): string {
    return this.#bases.get(raw) ?? base;
  }

  /** Throws `BrokenSchema` for whatever does not stand in the document. */
  resolve(reference: string, base: string): Referent {
    const address = URL.canParse(reference, base) ? new URL(reference, base).href : undefined;
    const [resource = "", fragment = ""] = address?.split("#", 2) ?? [];
    const raw = this.#resources.get(resource);
    if (raw === undefined) throw new BrokenSchema(`"$ref" ${quoted(reference)} leads out of the schema`);
    const found = this.#inside(raw, resource, fragment);
    if (found === undefined) throw new BrokenSchema(`"$ref" ${quoted(reference)} leads nowhere`);
    return { raw: found, base: isRaw(found) ? this.baseIn(found, resource) : resource };
  }

  #inside(raw: Raw, resource: string, fragment: string): unknown {
    if (fragment === "") return raw;
    if (!fragment.startsWith("/")) return this.#anchors.get(`${resource}#${fragment}`);
    let at: unknown = raw;
    for (const step of fragment.slice(1).split("/")) {
      const name = decoded(step);
      if (typeof at !== "object" || at === null || name === undefined || !Object.hasOwn(at, name)) {
        return undefined;
      }
      at = (at as Raw)[name];
    }
    return at;
  }

  #note(raw: Raw, outer: string): string {
    const id = raw["$id"] ?? raw["id"];
    let base = outer;
    if (typeof id === "string" && URL.canParse(id, outer)) {
      const [resource = outer, fragment = ""] = new URL(id, outer).href.split("#", 2);
      // Up to draft-07 an id of only a fragment names an anchor.
      if (id.startsWith("#")) this.#anchors.set(`${outer}#${fragment}`, raw);
      else base = resource;
      if (!this.#resources.has(base)) this.#resources.set(base, raw);
    }
    this.#bases.set(raw, base);
    for (const keyword of ["$anchor", "$dynamicAnchor"]) {
      const anchor = raw[keyword];
      if (typeof anchor === "string") this.#anchors.set(`${base}#${anchor}`, raw);
    }
    return base;
  }
}

const singles: ReadonlySet<string> = new Set(schemaPositions.single);
const lists: ReadonlySet<string> = new Set(schemaPositions.list);
const maps: ReadonlySet<string> = new Set(schemaPositions.map);

function childrenOf(raw: Raw): unknown[] {
  const found: unknown[] = [];
  for (const [keyword, value] of Object.entries(raw)) {
    if (singles.has(keyword)) found.push(value);
    if (lists.has(keyword) && Array.isArray(value)) for (const one of value) found.push(one);
    if (maps.has(keyword) && isRaw(value)) for (const one of Object.values(value)) found.push(one);
  }
  return found;
}

function decoded(step: string): string | undefined {
  try {
    return decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    // Not a percent-encoded step: such a pointer leads nowhere, which the caller says.
    return undefined;
  }
}

function quoted(reference: string): string {
  return JSON.stringify(reference.length > 80 ? `${reference.slice(0, 79)}…` : reference);
}
