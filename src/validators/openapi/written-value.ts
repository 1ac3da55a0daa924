// Parameters are text, and schemas are about values: this is the way from one to the other
// (OpenAPI 3.1, 4.8.12.2; RFC 6570).
import type { ParameterStyle } from "./operation.ts";
import type { Shape } from "./shape.ts";

/**
 * How text is read where a schema allows text and something else: `typed` takes a number for a number,
 * `text` leaves it text.
 */
export type ReadAs = "typed" | "text";

/** Names and values of a query or a form, decoded, in order. */
export type Pairs = readonly (readonly [string, string])[];

/** How one parameter is written. */
export interface Writing {
  readonly name: string;
  readonly style: ParameterStyle;
  readonly explode: boolean;
  readonly isJson: boolean;
}

/** The values that a parameter has, as JSON texts (more than one where it stands more than once). */
export interface Values {
  readonly values: readonly string[];
  /** Which pairs they came from. */
  readonly used: readonly number[];
}

const numberText = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/** One text as JSON of a type that the shape has; where it cannot be, as a string: the check says so. */
export function scalar(text: string, shape: Shape, as: ReadAs): string {
  if (shape.types === null || (as === "text" && shape.may("string"))) return JSON.stringify(text);
  if ((shape.may("number") || shape.may("integer")) && numberText.test(text)) return text;
  if (shape.may("boolean") && (text === "true" || text === "false")) return text;
  if (shape.may("null") && !shape.may("string") && (text === "" || text === "null")) return "null";
  return JSON.stringify(text);
}

/** The values of a parameter of a query or a form. */
export function fromPairs(writing: Writing, pairs: Pairs, shape: Shape, as: ReadAs): Values {
  const { name, style, explode } = writing;
  const own = pairs.flatMap(([key], place) => (key === name ? [place] : []));
  const texts = own.map((place) => pairs[place]?.[1] ?? "");
  if (writing.isJson) return { values: texts.map(jsonOrText), used: own };
  if (style === "deepObject") return deep(name, pairs, shape, as);
  if (style === "form" && explode && own.length === 0 && shape.may("object")) {
    return spread(pairs, shape, as);
  }
  if (texts.length === 0) return { values: [], used: [] };
  if (explode && isList(shape, texts.length, as)) return { values: [list(texts, shape, as)], used: own };
  const separator = style === "spaceDelimited" ? " " : style === "pipeDelimited" ? "|" : ",";
  return { values: texts.map((text) => delimited(text, separator, explode, shape, as)), used: own };
}

/** The value of a parameter that is one text: in a path or a header. */
export function fromText(writing: Writing, text: string, shape: Shape, as: ReadAs): string {
  const { name, style, explode } = writing;
  if (writing.isJson) return jsonOrText(text);
  if (style === "label") {
    return delimited(text.startsWith(".") ? text.slice(1) : text, explode ? "." : ",", explode, shape, as);
  }
  if (style === "matrix") {
    const bare = text.startsWith(`;${name}=`) ? text.slice(name.length + 2) : text.replace(/^;/, "");
    if (!explode) return delimited(bare, ",", false, shape, as);
    return shape.may("object")
      ? delimited(bare, ";", true, shape, as)
      : delimited(bare.replaceAll(`;${name}=`, ";"), ";", true, shape, as);
  }
  return delimited(text, ",", explode, shape, as);
}

/** Several texts, or a schema that has nothing but lists. Where both may be, the second reading is a list. */
function isList(shape: Shape, count: number, as: ReadAs): boolean {
  if (!shape.may("array")) return false;
  return (
    count > 1 ||
    as === "text" ||
    !["string", "number", "integer", "boolean"].some((type) => shape.may(type as "string"))
  );
}

function list(texts: readonly string[], shape: Shape, as: ReadAs): string {
  return `[${texts.map((text, place) => scalar(text, shape.element(place), as)).join()}]`;
}

function delimited(text: string, separator: string, explode: boolean, shape: Shape, as: ReadAs): string {
  const parts = text === "" ? [] : text.split(separator);
  if (isList(shape, parts.length, as)) return list(parts.map(trimmed), shape, as);
  if (!shape.may("object")) return scalar(text, shape, as);
  const members = explode
    ? parts.map((part) => split(part))
    : parts.flatMap((part, place) => (place % 2 === 0 ? [[part, parts[place + 1] ?? ""] as const] : []));
  return object(members.map(([name, value]) => [name, scalar(value, shape.member(name), as)]));
}

/** Values of a header may have spaces after the comma (RFC 9110, 5.6.1). */
function trimmed(text: string): string {
  return text.trim();
}

function split(part: string): readonly [string, string] {
  const at = part.indexOf("=");
  return at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
}

/** An exploded object: each of its members is a parameter of its own. */
function spread(pairs: Pairs, shape: Shape, as: ReadAs): Values {
  const names = new Set(shape.names);
  const used: number[] = [];
  const texts = new Map<string, string[]>();
  for (const [place, [name, text]] of pairs.entries()) {
    if (!names.has(name)) continue;
    used.push(place);
    const known = texts.get(name);
    if (known === undefined) texts.set(name, [text]);
    else known.push(text);
  }
  if (used.length === 0) return { values: [], used };
  const members = [...texts].flatMap(([name, each]) => {
    const member = shape.member(name);
    const values = isList(member, each.length, as)
      ? [list(each, member, as)]
      : each.map((one) => scalar(one, member, as));
    return values.map((value) => [name, value] as const);
  });
  return { values: [object(members)], used };
}

/** A place in `a[b][c]=text`. */
interface Branch {
  readonly texts: string[];
  readonly branches: Map<string, Branch>;
}

// What no one writes by hand, and what would overflow the stack.
const branchDepthMax = 32;

/** `name[a][b]=…`, and `name[]=…` or `name[0]=…` for lists, as widely used services want them. */
function deep(name: string, pairs: Pairs, shape: Shape, as: ReadAs): Values {
  const used: number[] = [];
  const root: Branch = { texts: [], branches: new Map() };
  for (const [place, [key, text]] of pairs.entries()) {
    if (key !== name && !key.startsWith(`${name}[`)) continue;
    const steps = /^(?:\[[^[\]]*\])*$/.test(key.slice(name.length))
      ? key.slice(name.length + 1, -1).split("][")
      : [];
    used.push(place);
    let at = root;
    for (const step of key === name ? [] : steps.slice(0, branchDepthMax)) {
      const next: Branch = at.branches.get(step) ?? { texts: [], branches: new Map() };
      at.branches.set(step, next);
      at = next;
    }
    at.texts.push(text);
  }
  return { values: used.length === 0 ? [] : written(root, shape, as), used };
}

/** The values of a branch: more than one where its name stands more than once. */
function written({ texts, branches }: Branch, shape: Shape, as: ReadAs): readonly string[] {
  if (branches.size === 0) {
    if (isList(shape, texts.length, as)) return [list(texts, shape, as)];
    return texts.map((text) => scalar(text, shape, as));
  }
  const asText = texts.map((text) => JSON.stringify(text));
  const isElements = [...branches.keys()].every((step) => /^\d*$/.test(step));
  if (isElements && (shape.may("array") || !shape.may("object"))) {
    const elements = [...branches.values()].flatMap((branch, place) => {
      const values = branch.branches.size > 0 ? written(branch, shape.element(place), as) : null;
      return values ?? branch.texts.map((text) => scalar(text, shape.element(place), as));
    });
    return [...asText, `[${elements.join()}]`];
  }
  const members = [...branches].flatMap(([step, branch]) =>
    written(branch, shape.member(step), as).map((value) => [step, value] as const),
  );
  return [...asText, object(members)];
}

/** An object as JSON text: a name that stands twice stays twice, so that the check says so. */
export function object(members: Iterable<readonly [string, string]>): string {
  return `{${[...members].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`;
}

/** Text that is JSON as it stands; any other as a string, which the check then finds. */
function jsonOrText(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}
