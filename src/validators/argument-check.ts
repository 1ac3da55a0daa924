import { coercions } from "./coerce.ts";
import { Explainer } from "./explain.ts";
import { faultOf, shown, type Fault, type Finding } from "./finding.ts";
import { applyEdits, removeMembers, without, type Edit } from "./json-edits.ts";
import { duplicatesOf, JsonSyntaxError, pointerOf, readJson, type JsonNode } from "./json-tree.ts";
import { malformed } from "./malformed.ts";
import { fitsPlainly } from "./plain-fit.ts";
import { plainShapeOf } from "./plain-shape.ts";
import { BrokenSchema, OverLimit } from "./schema.ts";
import { SchemaShelf, type Compiled, type Shelved, type ShelfLimits } from "./schema-shelf.ts";
import { survey, type Survey } from "./survey.ts";
import { Steps } from "./visits.ts";
import type { FirstError } from "./schema-check.ts";
import type { SchemaTree } from "./read-schema.ts";

export interface CheckRules extends ShelfLimits {
  readonly unknownParameters: "block" | "strip" | "pass";
  readonly nulls: "allow" | "strip" | "block";
  readonly coerce: "off" | "lossless";
  readonly faultsMax: number;
  readonly argumentsBytesMax: number;
}

/** What came of a check. */
export type Checked = (
  | {
      readonly kind: "fits";
      /** The arguments: the very text that was given, unless something was taken out or coerced. */
      readonly text: string;
      readonly changes: readonly string[];
    }
  | {
      readonly kind: "faulty";
      readonly faults: readonly Fault[];
      /** How many further faults were found and are not listed. */
      readonly more: number;
    }
) & {
  /** What of the schema was not enforced, in sentences for the operator; empty where all was. */
  readonly notes: readonly string[];
};

type Outcome = Checked extends infer One ? (One extends unknown ? Omit<One, "notes"> : never) : never;

const argumentsDepthMax = 128;
// Looking for faults may take this many times the steps that a check may take.
const stepsFactor = 4;

/** Checks the arguments of calls against the schemas of the tools that were called. */
export class ArgumentCheck {
  readonly #rules: CheckRules;
  readonly #shelf: SchemaShelf;

  constructor(rules: CheckRules) {
    this.#rules = rules;
    this.#shelf = new SchemaShelf(rules);
  }

  async close(): Promise<void> {
    await this.#shelf.close();
  }

  /**
   * Empty text counts as `{}`: models send it for tools without parameters. Throws `OverLimit` where
   * a limit keeps schema or arguments from being looked at. A promise only where it takes a thread.
   */
  check(argumentsText: string, schemaText: string | undefined): Checked | Promise<Checked> {
    if (argumentsText.length > this.#rules.argumentsBytesMax) {
      throw new OverLimit(`the arguments have more than ${this.#rules.argumentsBytesMax} bytes`);
    }
    const compiled = schemaText === undefined ? undefined : this.#shelf.compiled(schemaText);
    if (compiled !== undefined && this.#fitsPlainly(compiled, argumentsText)) {
      return { kind: "fits", text: argumentsText, changes: [], notes: notesOn(compiled) };
    }
    const read = readArguments(argumentsText);
    if ("fault" in read) return { kind: "faulty", faults: [read.fault], more: 0, notes: [] };
    const { root, text } = read;
    const duplicates = duplicatesOf(root).map(({ node }): Finding => ({ kind: "duplicate-key", at: node }));
    if (schemaText === undefined) {
      return { ...this.#outcome(duplicates, text, argumentsText, []), notes: ["The tool has no schema."] };
    }
    const shelved = compiled ?? this.#shelf.take(schemaText);
    const outcome = this.#against(shelved, { root, text, given: argumentsText, duplicates });
    return thenOf(outcome, (one) => ({ ...one, notes: notesOn(shelved) }));
  }

  /** Most calls fit, and for most schemas that takes no tree of their arguments. */
  #fitsPlainly(compiled: Compiled, argumentsText: string): boolean {
    if (compiled.shape === undefined) compiled.shape = plainShapeOf(compiled.tree);
    const { shape, check } = compiled;
    const stepsMax = this.#rules.schemaVisitsMax;
    return shape !== null && fitsPlainly(argumentsText, shape, check, { stepsMax });
  }

  #against(shelved: Shelved, read: Read): Outcome | Promise<Outcome> {
    const { tree } = shelved;
    const unchecked = (): Outcome => this.#outcome(read.duplicates, read.text, read.given, []);
    if (tree === undefined || shelved.broken !== undefined) return unchecked();
    const failed = (thrown: unknown): Outcome => {
      // Ajv's own recursion has no limit but the stack.
      if (thrown instanceof RangeError)
        throw new OverLimit("the schema and the arguments nest too deep", { cause: thrown });
      if (!(thrown instanceof BrokenSchema)) throw thrown;
      shelved.broken = thrown.message;
      return unchecked();
    };
    try {
      const outcome = this.#judge(shelved, tree, read);
      return outcome instanceof Promise ? outcome.catch(failed) : outcome;
    } catch (thrown) {
      return failed(thrown);
    }
  }

  #judge(shelved: Shelved, tree: SchemaTree, read: Read): Outcome | Promise<Outcome> {
    const steps = new Steps(this.#rules.schemaVisitsMax * stepsFactor);
    const explainer = new Explainer(tree, steps);
    const plan = this.#plan(survey(tree, read.root, explainer, steps));
    const rest = without(read.root, plan.removals);
    return thenOf(this.#shelf.check(shelved, tree, rest), (error) => {
      const explained = error === null ? [] : explain(explainer, tree, rest, error);
      return this.#afterCheck(shelved, tree, read, plan, explained);
    });
  }

  #afterCheck(
    shelved: Shelved,
    tree: SchemaTree,
    { text, given, duplicates }: Read,
    plan: Plan,
    explained: readonly Finding[],
  ): Outcome | Promise<Outcome> {
    const findings = [...duplicates, ...plan.findings, ...explained];
    const asItStands = (): Outcome => this.#outcome(findings, text, given, plan.edits, plan.changes);
    // With names that stand twice it is not clear which value would be changed.
    const mayCoerce =
      this.#rules.coerce === "lossless" && duplicates.length === 0 && plan.findings.length === 0;
    const coerced = mayCoerce ? coercions(explained, text) : [];
    if (coerced.length === 0) return asItStands();
    const changed = applyEdits(text, [...plan.edits, ...coerced]);
    return this.#fits(shelved, tree, changed).then((fits) =>
      fits
        ? { kind: "fits", text: changed, changes: [...plan.changes, ...coerced.map(describeCoercion)] }
        : asItStands(),
    );
  }

  /** Whether changed arguments are right now; what is still wrong is said of the given ones. */
  async #fits(shelved: Shelved, tree: SchemaTree, changed: string): Promise<boolean> {
    const steps = new Steps(this.#rules.schemaVisitsMax * stepsFactor);
    const root = readJson(changed, { depthMax: argumentsDepthMax });
    const plan = this.#plan(survey(tree, root, new Explainer(tree, steps), steps));
    const error = await this.#shelf.check(shelved, tree, without(root, plan.removals));
    return error === null && plan.findings.length === 0;
  }

  /** What is taken out before the check, what of it leaves for good, and what is a fault. */
  #plan(seen: Survey): Plan {
    const { unknownParameters, nulls } = this.#rules;
    const removals = new Map<JsonNode, Set<number>>();
    const leaving = new Map<JsonNode, Set<number>>();
    const changes: string[] = [];
    for (const { object, place, name } of unknownParameters === "strip" ? seen.unknown : []) {
      note(removals, object, place);
      note(leaving, object, place);
      changes.push(`Unknown parameter ${pointerOf(object, name)} was removed.`);
    }
    for (const { object, place } of nulls === "block" ? [] : seen.nulls) {
      note(removals, object, place);
      if (nulls === "allow") continue;
      note(leaving, object, place);
      changes.push(`The null at ${pointerOf(object, object.members[place]?.name)} was removed.`);
    }
    const edits = [...leaving].flatMap(([object, places]) => removeMembers(object, places));
    const unknown = unknownParameters === "block" ? seen.unknown : [];
    const findings = unknown.map(({ object, name, known }): Finding => ({
      kind: "unknown-parameter",
      at: object,
      name,
      known,
    }));
    return { removals, edits, changes, findings };
  }

  #outcome(
    findings: readonly Finding[],
    text: string,
    given: string,
    edits: readonly Edit[],
    changes: readonly string[] = [],
  ): Outcome {
    if (findings.length === 0) {
      return { kind: "fits", text: edits.length === 0 ? given : applyEdits(text, edits), changes };
    }
    const faults = new Map<string, Fault>();
    for (const finding of findings) {
      const fault = faultOf(finding, text);
      const key = JSON.stringify([
        fault.pointer,
        fault.kind,
        fault.kind === "unknown-parameter" ? "" : fault.expected,
      ]);
      if (!faults.has(key)) faults.set(key, fault);
    }
    const listed = [...faults.values()].slice(0, this.#rules.faultsMax);
    return { kind: "faulty", faults: listed, more: faults.size - listed.length };
  }
}

/** Arguments as they were read. */
interface Read {
  readonly root: JsonNode;
  readonly text: string;
  /** What was given: the same but for empty text, which is read as `{}`. */
  readonly given: string;
  readonly duplicates: readonly Finding[];
}

/** What of the schema is not enforced, for the operator. */
function notesOn({ broken, tree }: Shelved): readonly string[] {
  const notes = tree?.notes ?? [];
  return broken === undefined ? notes : [`The schema cannot be used: ${broken}.`, ...notes];
}

/** Goes on at once where there is nothing to wait for: nearly every check is done in this thread. */
function thenOf<T, U>(value: T | Promise<T>, goOn: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}

interface Plan {
  readonly removals: ReadonlyMap<JsonNode, ReadonlySet<number>>;
  readonly edits: readonly Edit[];
  readonly changes: readonly string[];
  readonly findings: readonly Finding[];
}

function describeCoercion({ text }: Edit): string {
  return `A value was written as ${shown(text)}, the type that the schema wants.`;
}

function note(places: Map<JsonNode, Set<number>>, object: JsonNode, place: number): void {
  const known = places.get(object);
  if (known === undefined) places.set(object, new Set([place]));
  else known.add(place);
}

function readArguments(given: string): { root: JsonNode; text: string } | { fault: Fault } {
  const text = given.trim() === "" ? "{}" : given;
  try {
    const root = readJson(text, { depthMax: argumentsDepthMax });
    if (root.kind === "object") return { root, text };
    return { fault: faultOf({ kind: "wrong-type", at: root, types: ["object"] }, text) };
  } catch (thrown) {
    if (!(thrown instanceof JsonSyntaxError)) throw thrown;
    return { fault: malformed(text, thrown) };
  }
}

function explain(
  explainer: Explainer,
  tree: SchemaTree,
  root: JsonNode,
  error: FirstError,
): readonly Finding[] {
  try {
    const found = explainer.findings(tree.root, root);
    if (found.length > 0) return found;
  } catch (thrown) {
    // Too large to be explained in detail: the validator's own error has to do.
    if (!(thrown instanceof OverLimit)) throw thrown;
  }
  const place = error.pointer === "" ? "" : ` at ${error.pointer}`;
  return [
    {
      kind: "other",
      at: root,
      expected: `what "${error.keyword}" of the schema asks for${place} (${error.params})`,
    },
  ];
}
