import { LRUCache } from "lru-cache";
import { sha256Hex } from "../text/hash.ts";
import { ConfinedCheck, Exhausted } from "./confined-check.ts";
import { toValue } from "./json-value.ts";
import { readSchema, type SchemaTree } from "./read-schema.ts";
import { BrokenSchema, OverLimit } from "./schema.ts";
import { compileCheck, type FirstError, type SchemaCheck } from "./schema-check.ts";
import { visitsOf } from "./visits.ts";
import type { JsonNode } from "./json-tree.ts";
import type { PlainShape } from "./plain-shape.ts";

export interface ShelfLimits {
  readonly formats: ReadonlySet<string>;
  readonly schemaBytesMax: number;
  readonly schemaVisitsMax: number;
  readonly schemaTimeoutMs: number;
  readonly schemaHeapMegabytesMax: number;
  readonly schemaCacheBytesMax: number;
}

/** A schema as it was read, and what is remembered of it. */
export interface Shelved {
  readonly key: string;
  readonly tree: SchemaTree | undefined;
  /** Why there is nothing to check against, or undefined. */
  broken: string | undefined;
  check: SchemaCheck | undefined;
  /** Worked out once it is asked for; null where the schema has none. */
  shape: PlainShape | null | undefined;
  /** Why it was given up, so that it is not tried again. */
  exhausted: string | undefined;
}

export type Compiled = Shelved & { readonly tree: SchemaTree; readonly check: SchemaCheck };

function isCompiled(shelved: Shelved): shelved is Compiled {
  return shelved.check !== undefined && shelved.tree !== undefined && shelved.broken === undefined;
}

// Compiling takes about half a millisecond for each of them: more would stall other exchanges.
const compiledHereMax = 200;
const waitingMax = 32;
// A schema read and compiled holds about this many bytes for each of its text.
const bytesPerCharacter = 30;

// Engines hash longer strings by their length alone, so those are found by a hash of ours.
const ownKeyCharsMax = 16_383;

/** A copy: the text is a slice that would keep the whole request alive. */
function standingAlone(text: string): string {
  const encoding = text.isWellFormed() ? "utf8" : "utf16le";
  return Buffer.from(text, encoding).toString(encoding);
}

/** Schemas by their text: read once, compiled on the first real call, forgotten when others need room. */
export class SchemaShelf {
  readonly #limits: ShelfLimits;
  readonly #confined: ConfinedCheck;
  readonly #shelved: LRUCache<string, Shelved>;

  constructor(limits: ShelfLimits) {
    this.#limits = limits;
    this.#confined = new ConfinedCheck({
      timeoutMs: limits.schemaTimeoutMs,
      heapMegabytesMax: limits.schemaHeapMegabytesMax,
      waitingMax,
    });
    this.#shelved = new LRUCache({ maxSize: limits.schemaCacheBytesMax });
  }

  /** A schema that was compiled before, for checks in this thread. Nothing is done for it. */
  compiled(text: string): Compiled | undefined {
    const known = this.#known(text);
    return known !== undefined && isCompiled(known) ? known : undefined;
  }

  /** Throws `OverLimit`; a schema that is broken is remembered as such. */
  take(text: string): Shelved {
    if (text.length > this.#limits.schemaBytesMax) {
      throw new OverLimit(`the schema has more than ${this.#limits.schemaBytesMax} bytes`);
    }
    const known = this.#known(text);
    const isLong = text.length > ownKeyCharsMax;
    const shelved = known ?? this.#read(isLong ? sha256Hex(text) : standingAlone(text), text);
    if (known === undefined) {
      const kept = shelved.tree === undefined ? 0 : text.length * bytesPerCharacter;
      this.#shelved.set(shelved.key, shelved, { size: 1_000 + shelved.key.length + kept });
    }
    if (shelved.tree === undefined && shelved.exhausted !== undefined) throw new OverLimit(shelved.exhausted);
    return shelved;
  }

  /** Null where the value fits. Throws `BrokenSchema` and `OverLimit`. A promise where it takes a thread. */
  check(shelved: Shelved, tree: SchemaTree, root: JsonNode): FirstError | null | Promise<FirstError | null> {
    const visitsMax = this.#limits.schemaVisitsMax;
    const fewVisits = visitsOf(tree, root, visitsMax) <= visitsMax;
    if (fewVisits && tree.size <= compiledHereMax) {
      shelved.check ??= compileCheck(tree.targets, this.#limits.formats);
      return shelved.check(toValue(root));
    }
    if (shelved.exhausted !== undefined) throw new OverLimit(shelved.exhausted);
    return this.#confine(shelved, tree, root, fewVisits);
  }

  async #confine(
    shelved: Shelved,
    tree: SchemaTree,
    root: JsonNode,
    fewVisits: boolean,
  ): Promise<FirstError | null> {
    try {
      const text = JSON.stringify(toValue(root));
      return await this.#confined.check(shelved.key, tree.targets, this.#limits.formats, text);
    } catch (thrown) {
      // Only where these arguments cannot be the cause: other ones may be checked in no time.
      if (fewVisits && thrown instanceof Exhausted) shelved.exhausted = thrown.message;
      throw thrown;
    }
  }

  async close(): Promise<void> {
    await this.#confined.close();
  }

  #known(text: string): Shelved | undefined {
    return this.#shelved.get(text.length > ownKeyCharsMax ? sha256Hex(text) : text);
  }

  #read(key: string, text: string): Shelved {
    const shelved = {
      key,
      tree: undefined,
      broken: undefined,
      check: undefined,
      shape: undefined,
      exhausted: undefined,
    };
    try {
      return { ...shelved, tree: readSchema(text, this.#limits) };
    } catch (thrown) {
      if (thrown instanceof BrokenSchema) return { ...shelved, broken: thrown.message };
      if (thrown instanceof OverLimit) return { ...shelved, exhausted: thrown.message };
      throw thrown;
    }
  }
}
