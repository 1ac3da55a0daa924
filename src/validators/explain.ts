import { closestForm } from "./closest-form.ts";
import { memberOf, type JsonNode } from "./json-tree.ts";
import { scalarFindings } from "./scalar-findings.ts";
import { sortedJson, toValue, typeFits } from "./json-value.ts";
import { choicesInWords, typesInWords, type Finding } from "./finding.ts";
import type { Schema, SchemaNode } from "./schema.ts";
import type { SchemaTree } from "./read-schema.ts";
import type { Steps } from "./visits.ts";

// More findings of one value than anybody is told; the rest is not looked for.
const findingsMax = 200;
const none: readonly Finding[] = [];

/**
 * Says everything that keeps a value from fitting a schema, once, and of several forms
 * (`anyOf`, `oneOf`) only what keeps it from the closest one. Each pair of schema and value is looked
 * at once, so the cost is at most their product, and bounded by `steps`.
 */
export class Explainer {
  readonly #tree: SchemaTree;
  readonly #steps: Steps;
  readonly #known = new Map<SchemaNode, Map<JsonNode, readonly Finding[]>>();

  constructor(tree: SchemaTree, steps: Steps) {
    this.#tree = tree;
    this.#steps = steps;
  }

  /** Empty where the value fits, as far as this knows: it does not follow `unevaluated*`. */
  findings(schema: Schema, at: JsonNode): readonly Finding[] {
    if (schema === true) return none;
    if (schema === false) return [{ kind: "forbidden", at, expected: "nothing at this place" }];
    let known = this.#known.get(schema);
    if (known === undefined) {
      known = new Map();
      this.#known.set(schema, known);
    }
    const before = known.get(at);
    if (before !== undefined) return before;
    const found = this.#steps.within(() => this.#look(schema, at));
    known.set(at, found);
    return found;
  }

  fits(schema: Schema, at: JsonNode): boolean {
    return this.findings(schema, at).length === 0;
  }

  #look(schema: SchemaNode, at: JsonNode): readonly Finding[] {
    // Of a value of a wrong type nothing else is worth saying.
    if (schema.type !== undefined && !typeFits(at, schema.type)) {
      return [{ kind: "wrong-type", at, types: schema.type }];
    }
    const found = new Collected();
    found.add(this.#choices(schema, at));
    found.add(scalarFindings(schema, at, this.#tree.patterns));
    if (at.kind === "object") this.#members(schema, at, found);
    if (at.kind === "array") this.#elements(schema, at, found);
    if (schema.$ref !== undefined) found.add(this.findings(this.#tree.target(schema.$ref), at));
    for (const child of schema.allOf ?? []) found.add(this.findings(child, at));
    this.#forms(schema, at, found);
    this.#conditions(schema, at, found);
    return found.list;
  }

  #choices(schema: SchemaNode, at: JsonNode): readonly Finding[] {
    const lists: (readonly unknown[])[] = [];
    if (schema.enum !== undefined) lists.push(schema.enum);
    if (schema.const !== undefined) lists.push([schema.const]);
    if (lists.length === 0) return none;
    this.#steps.spend(at.size);
    const value = sortedJson(toValue(at));
    return lists
      .filter((choices) => {
        this.#steps.spend(choices.length);
        return !choices.some((choice) => sortedJson(choice) === value);
      })
      .map((choices) => ({ kind: "enum", at, choices }));
  }

  #members(schema: SchemaNode, at: JsonNode, found: Collected): void {
    const known = Object.keys(schema.properties ?? {});
    for (const name of schema.required ?? []) {
      if (memberOf(at, name) !== undefined) continue;
      const expected = this.#described(schema.properties?.[name]);
      found.add([{ kind: "missing", at, name, known, ...(expected === undefined ? {} : { expected }) }]);
    }
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      const member = memberOf(at, name);
      if (member !== undefined) found.add(this.findings(child, member));
    }
    for (const [given, names] of Object.entries(schema.dependentRequired ?? {})) {
      if (memberOf(at, given) === undefined) continue;
      for (const name of names) {
        if (memberOf(at, name) !== undefined) continue;
        found.add([
          { kind: "missing", at, name, known, expected: `a value, since ${JSON.stringify(given)} is given` },
        ]);
      }
    }
    this.#otherMembers(schema, at, known, found);
    countFinding(at.members.length, schema.minProperties, schema.maxProperties, "parameters", at, found);
  }

  #otherMembers(schema: SchemaNode, at: JsonNode, known: readonly string[], found: Collected): void {
    const { propertyNames, additionalProperties } = schema;
    const patterns = Object.entries(schema.patternProperties ?? {});
    const names = new Set(known);
    for (const { name, key, node } of at.members) {
      if (propertyNames !== undefined && !this.fits(propertyNames, key)) {
        found.add([
          { kind: "forbidden", at, name, expected: "another name: this one does not fit the schema" },
        ]);
      }
      let matched = names.has(name);
      for (const [pattern, child] of patterns) {
        this.#steps.spend(1 + name.length / 64);
        if (this.#tree.patterns.get(pattern)?.test(name) !== true) continue;
        matched = true;
        found.add(this.findings(child, node));
      }
      if (matched || additionalProperties === undefined) continue;
      if (additionalProperties === false) found.add([{ kind: "unknown-parameter", at, name, known }]);
      else found.add(this.findings(additionalProperties, node));
    }
  }

  #elements(schema: SchemaNode, at: JsonNode, found: Collected): void {
    at.elements.forEach((element, place) => {
      const child = schema.prefixItems?.[place] ?? schema.items;
      if (child !== undefined) found.add(this.findings(child, element));
    });
    countFinding(at.elements.length, schema.minItems, schema.maxItems, "elements", at, found);
    if (schema.uniqueItems === true) this.#repeats(at, found);
    if (schema.contains === undefined) return;
    const { contains, minContains = 1, maxContains } = schema;
    const fitting = at.elements.filter((element) => this.fits(contains, element)).length;
    countFinding(
      fitting,
      minContains,
      maxContains,
      `elements that are ${this.#described(contains) ?? "as the schema asks"}`,
      at,
      found,
    );
  }

  #repeats(at: JsonNode, found: Collected): void {
    this.#steps.spend(at.size);
    const seen = new Set<string>();
    for (const element of at.elements) {
      const key = sortedJson(toValue(element));
      if (seen.has(key))
        found.add([
          { kind: "not-unique", at: element, expected: "a value that stands only once in the list" },
        ]);
      seen.add(key);
    }
  }

  #forms(schema: SchemaNode, at: JsonNode, found: Collected): void {
    for (const forms of [schema.anyOf, schema.oneOf]) {
      if (forms === undefined) continue;
      const tried = forms.map((form) => this.findings(form, at));
      const fitting = tried.filter((findings) => findings.length === 0).length;
      if (fitting === 0) found.add(closestForm(tried, at));
      if (fitting > 1 && forms === schema.oneOf) {
        found.add([
          {
            kind: "ambiguous",
            at,
            expected: `exactly one of ${forms.length} forms; this fits ${fitting} of them`,
          },
        ]);
      }
    }
    if (schema.not !== undefined && this.fits(schema.not, at)) {
      const forbidden = this.#described(schema.not);
      found.add([
        {
          kind: "forbidden",
          at,
          expected: forbidden === undefined ? "another value" : `anything but ${forbidden}`,
        },
      ]);
    }
  }

  #conditions(schema: SchemaNode, at: JsonNode, found: Collected): void {
    if (schema.if !== undefined) {
      const then = this.fits(schema.if, at) ? schema.then : schema.else;
      if (then !== undefined) found.add(this.findings(then, at));
    }
    for (const [name, child] of Object.entries(schema.dependentSchemas ?? {})) {
      if (memberOf(at, name) !== undefined) found.add(this.findings(child, at));
    }
  }

  /** A few words for what a schema wants, or nothing where that would take more than a few. */
  #described(schema: Schema | undefined): string | undefined {
    let at = schema;
    for (let hop = 0; typeof at === "object" && at.$ref !== undefined && hop < 8; hop += 1) {
      at = this.#tree.target(at.$ref);
    }
    if (typeof at !== "object") return undefined;
    if (at.const !== undefined) return choicesInWords([at.const]);
    if (at.enum !== undefined) return choicesInWords(at.enum);
    return at.type === undefined ? undefined : typesInWords(at.type);
  }
}

function countFinding(
  count: number,
  least: number | undefined,
  most: number | undefined,
  what: string,
  at: JsonNode,
  found: Collected,
): void {
  if (least !== undefined && count < least)
    found.add([{ kind: "bounds", at, expected: `at least ${least} ${what}` }]);
  if (most !== undefined && count > most)
    found.add([{ kind: "bounds", at, expected: `at most ${most} ${what}` }]);
}

/** Findings in order, each once: two references to one schema find the same thing twice. */
class Collected {
  readonly list: Finding[] = [];
  readonly #seen = new Set<Finding>();

  add(findings: readonly Finding[]): void {
    for (const finding of findings) {
      if (this.list.length >= findingsMax || this.#seen.has(finding)) continue;
      this.#seen.add(finding);
      this.list.push(finding);
    }
  }
}
