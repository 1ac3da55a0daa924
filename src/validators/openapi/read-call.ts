import { argumentFault, type ArgumentFault } from "./call-in-words.ts";
import { formAsJson, pairsOf, partsOf, type FormEntries } from "./form-body.ts";
import { closestType, isJsonType, mediaTypeOf } from "./media-type.ts";
import { jsonFault } from "./json-body.ts";
import { Shape } from "./shape.ts";
import { fromPairs, fromText, object, type Pairs, type ReadAs } from "./written-value.ts";
import type { Fault } from "../finding.ts";
import type { Operation, Parameter, TypedForm } from "./operation.ts";

/** A call as it would be sent. */
export interface CallRequest {
  /** In capitals. */
  readonly method: string;
  /** The whole path at the upstream, percent-encoded as it was written. */
  readonly path: string;
  /** The query with its question mark, or an empty string. */
  readonly query: string;
  /** Names and values, in order, as they were written. */
  readonly headers: Iterable<readonly [string, string]>;
  readonly body: Uint8Array;
}

/** A call's arguments, ready to be checked as one. */
export interface ReadCall {
  /** What is wrong before any schema is looked at. */
  readonly faults: readonly ArgumentFault[];
  /** The form that the body is checked as; null where there is none to check. */
  readonly form: TypedForm | null;
  /** All of it as one JSON text. At `asText` (`/query/limit`), text is left text wherever it may be. */
  text(asText: ReadonlySet<string>): string;
  /** A fault of that text, where it stands in the call. */
  faultOf(fault: Fault): ArgumentFault;
}

/** A server that obeys one of these executes another operation than the one that was checked. */
const methodOverrides = ["x-http-method-override", "x-http-method", "x-method-override"];

/** The body of a call, as far as it is looked at. */
interface ReadBody {
  readonly form: TypedForm | null;
  /** As JSON; null where there is no body. */
  readonly json: ((as: ReadAs) => string) | null;
}

type Names = readonly (readonly [string, string])[];

/** Reads calls of the operations of one document. */
export class CallReader {
  readonly #root: unknown;
  readonly #shapes = new WeakMap<object, Shape>();

  constructor(root: unknown) {
    this.#root = root;
  }

  read(operation: Operation, values: ReadonlyMap<string, string>, request: CallRequest): ReadCall {
    const faults: ArgumentFault[] = [];
    const headers = headersOf(request.headers);
    for (const name of methodOverrides) {
      const isDeclared = operation.parameters.some(
        (one) => one.in === "header" && one.name.toLowerCase() === name,
      );
      const message = "this header asks for another operation than the one that is called; leave it out.";
      if (headers.has(name) && !isDeclared) faults.push({ in: "header", name, pointer: `/${name}`, message });
    }
    checkPath(values, faults);
    const pairs = queryOf(request.query, faults);
    const body = this.#body(operation, headers, request.body, faults);
    return {
      faults,
      form: body.form,
      text: (asText) => {
        const as = (place: string, name: string): ReadAs =>
          asText.has(`/${place}/${escaped(name)}`) || asText.has(`/${place}`) ? "text" : "typed";
        const members: [string, string][] = [
          ["path", object(this.#pathMembers(operation, values, as))],
          ["query", object(this.#queryMembers(operation, pairs, as))],
          ["header", object(this.#headerMembers(operation, headers, as))],
        ];
        const isBodyText = [...asText].some((place) => place.startsWith("/body"));
        if (body.json !== null) members.push(["body", body.json(isBodyText ? "text" : "typed")]);
        return object(members);
      },
      faultOf: argumentFault,
    };
  }

  #pathMembers(
    operation: Operation,
    values: ReadonlyMap<string, string>,
    as: (place: string, name: string) => ReadAs,
  ): Names {
    return operation.parameters.flatMap((one): Names => {
      const text = one.in === "path" ? values.get(one.name) : undefined;
      return text === undefined
        ? []
        : [[one.name, fromText(one, text, this.#shape(one), as("path", one.name))]];
    });
  }

  #queryMembers(operation: Operation, pairs: Pairs, as: (place: string, name: string) => ReadAs): Names {
    const used = new Set<number>();
    const members: [string, string][] = [];
    for (const one of operation.parameters) {
      if (one.in !== "query") continue;
      const read = fromPairs(one, pairs, this.#shape(one), as("query", one.name));
      for (const place of read.used) used.add(place);
      for (const value of read.values) members.push([one.name, value]);
    }
    const keys = new Set(operation.queryKeys);
    for (const [place, [name, text]] of pairs.entries()) {
      if (!used.has(place) && !keys.has(name)) members.push([name, JSON.stringify(text)]);
    }
    return members;
  }

  #headerMembers(
    operation: Operation,
    headers: ReadonlyMap<string, readonly string[]>,
    as: (place: string, name: string) => ReadAs,
  ): Names {
    return operation.parameters.flatMap((one): Names => {
      const name = one.name.toLowerCase();
      const lines = one.in === "header" ? headers.get(name) : undefined;
      if (lines === undefined) return [];
      const shape = this.#shape(one);
      // Several lines are one list (RFC 9110, 5.3); of anything else one too many.
      const texts = shape.may("array") ? [lines.join(",")] : lines;
      return texts.map((text) => [name, fromText(one, text, shape, as("header", name))]);
    });
  }

  #body(
    operation: Operation,
    headers: ReadonlyMap<string, readonly string[]>,
    bytes: Uint8Array,
    faults: ArgumentFault[],
  ): ReadBody {
    if (bytes.byteLength === 0) return { form: null, json: null };
    // Whatever it is, it is there: for whether one is required, and whether one may be at all.
    const unseen: ReadBody = { form: null, json: () => "0" };
    if (operation.body === null) return unseen;
    const written = headers.get("content-type")?.join(",") ?? "";
    const type = mediaTypeOf(written);
    const form = closestType(operation.body.forms, type);
    if (form === undefined) {
      const types = [...operation.body.forms.keys()].join(", ");
      const found = type === "" ? "no Content-Type" : type;
      const message = `expected a body of the type ${types || "of none"}; found ${found}.`;
      faults.push({ in: "body", name: null, pointer: "", message });
      return unseen;
    }
    if (form.schema === undefined) return unseen;
    if (isJsonType(type)) {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
      const fault = jsonFault(bytes, text);
      if (fault === undefined) return { form: { type, form }, json: () => text };
      faults.push({ in: "body", name: null, pointer: "", message: fault });
      return unseen;
    }
    const entries = entriesOf(type, written, bytes);
    if (entries === "other") return unseen;
    if (entries === undefined) {
      faults.push({
        in: "body",
        name: null,
        pointer: "",
        message: `expected a body of the type ${type}; it is none.`,
      });
      return unseen;
    }
    const shape = new Shape(this.#root, form.schema);
    return { form: { type, form }, json: (as) => formAsJson(entries, form, shape, as) };
  }

  #shape(parameter: Parameter): Shape {
    const known = this.#shapes.get(parameter);
    if (known !== undefined) return known;
    const made = new Shape(this.#root, parameter.schema);
    this.#shapes.set(parameter, made);
    return made;
  }
}

/** What a path's parameters must never be: a way to another path at a server that decodes twice. */
function checkPath(values: ReadonlyMap<string, string>, faults: ArgumentFault[]): void {
  for (const [name, value] of values) {
    if (!value.split(/[/\\]/).some((segment) => segment === "." || segment === "..")) continue;
    const message = "expected a value without dot segments (. or ..).";
    faults.push({ in: "path", name, pointer: `/${escaped(name)}`, message });
  }
}

function queryOf(query: string, faults: ArgumentFault[]): Pairs {
  try {
    return pairsOf(query.slice(1));
  } catch (thrown) {
    if (!(thrown instanceof URIError)) throw thrown;
    const message = "expected percent-encoded UTF-8 (a % is written %25).";
    faults.push({ in: "query", name: null, pointer: "", message });
    return [];
  }
}

/** Values by name in lower case, each line for itself. */
function headersOf(headers: CallRequest["headers"]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [written, value] of headers) {
    const name = written.toLowerCase();
    const known = found.get(name);
    if (known === undefined) found.set(name, [value]);
    else known.push(value);
  }
  return found;
}

/** What a form holds, undefined where the bytes are none, or "other" for types that are not looked into. */
function entriesOf(type: string, contentType: string, bytes: Uint8Array): FormEntries | "other" | undefined {
  if (type === "multipart/form-data") return partsOf(contentType, bytes);
  if (type !== "application/x-www-form-urlencoded") return "other";
  try {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
    return { texts: pairsOf(text), jsons: [] };
  } catch (thrown) {
    if (!(thrown instanceof URIError)) throw thrown;
    return undefined;
  }
}

function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
