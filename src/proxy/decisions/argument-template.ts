import { canonicalJson } from "../../text/canonical-json.ts";
import { spanAt, stepsOf } from "../../wire/json-pointer.ts";
import { stringAt, typeAt } from "../../wire/json-text.ts";
import type { CalledValue } from "./mapped-call.ts";
import { jsonHash, textHashes } from "./value-hash.ts";

interface Sources {
  readonly query: string;
  readonly contentType: string | undefined;
  /** The body as text; empty where it is none. */
  readonly body: string;
  /** Segments of the path by the names that the mapping gives them. */
  readonly segments: ReadonlyMap<string, string>;
}

/** A value of a call: JSON as it came, or a text whose type nobody said. */
type Found = { readonly json: string } | { readonly text: string };

/** What the places of a template are filled from, read when they are asked for. */
export class ArgumentSources {
  readonly #sources: Sources;
  #query: URLSearchParams | null = null;
  #body: { readonly form: URLSearchParams } | { readonly json: string } | null | undefined;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /**
   * The value at `/pointer` of the body, at `?name` of the query, or of a named segment; null: there is none.
   */
  at(place: string): Found | null {
    if (place.startsWith("?")) {
      this.#query ??= new URLSearchParams(this.#sources.query);
      return only(this.#query, place.slice(1));
    }
    if (place.startsWith("/")) return this.#field(place);
    const text = this.#sources.segments.get(place);
    return text === undefined ? null : { text };
  }

  #field(pointer: string): Found | null {
    this.#body ??= this.#readBody();
    if (this.#body === null) return null;
    if ("form" in this.#body) return only(this.#body.form, stepsOf(pointer).join("/"));
    const { json } = this.#body;
    const span = spanAt(json, stepsOf(pointer));
    return span === null ? null : { json: json.slice(span.start, span.end) };
  }

  #readBody(): { readonly form: URLSearchParams } | { readonly json: string } | null {
    const { contentType = "", body } = this.#sources;
    if (/^application\/x-www-form-urlencoded\b/i.test(contentType))
      return { form: new URLSearchParams(body) };
    // A text with no single meaning, such as one with a name twice, has no fields that could be trusted.
    return canonicalJson(body) === null ? null : { json: body };
  }
}

function only(parameters: URLSearchParams, name: string): Found | null {
  const [text, ...others] = parameters.getAll(name);
  return text === undefined || others.length > 0 ? null : { text };
}

const place = /\{([^{}]+)\}/g;

/**
 * The value of an argument. A template that is one place and nothing else gives what stands there: a number
 * stays a number, an object an object. Anything around makes it a text. Null where a place has no value, or
 * one in a text is no single one.
 */
export function fillArgument(template: string, sources: ArgumentSources): CalledValue | null {
  const alone = /^\{([^{}]+)\}$/.exec(template)?.[1];
  if (alone !== undefined) return calledValue(sources.at(alone));
  let isWhole = true;
  const text = template.replaceAll(place, (_all, name: string) => {
    const value = asText(sources.at(name));
    if (value === null) isWhole = false;
    return value ?? "";
  });
  const json = JSON.stringify(text);
  return isWhole ? { hashes: [jsonHash(json)], shown: json } : null;
}

function calledValue(found: Found | null): CalledValue | null {
  if (found === null) return null;
  if ("json" in found)
    return { hashes: [jsonHash(found.json)], shown: canonicalJson(found.json) ?? found.json };
  return { hashes: textHashes(found.text), shown: JSON.stringify(found.text) };
}

/** A text, a number as it is written, or a truth value; null for all else. */
function asText(found: Found | null): string | null {
  if (found === null || "text" in found) return found?.text ?? null;
  const span = { start: 0, end: found.json.length };
  const type = typeAt(found.json, span);
  if (type === "object" || type === "array" || type === "null") return null;
  return stringAt(found.json, span) ?? found.json;
}
