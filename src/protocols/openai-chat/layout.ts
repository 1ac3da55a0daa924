import { LongstopError } from "../../exchange/error.ts";
import { JsonTextError } from "../../wire/json-scan.ts";
import {
  elements,
  members,
  parseAt,
  rootSpan,
  typeAt,
  type Member,
  type Span,
} from "../../wire/json-text.ts";

/** Where the members of a request's body stand. Of duplicate names the last counts. */
export class RequestLayout {
  readonly body: string;
  readonly root: Span;
  readonly #members: readonly Member[];
  readonly #elements = new Map<string, readonly Span[]>();

  constructor(body: string) {
    this.body = body;
    this.root = rootSpan(body);
    if (typeAt(body, this.root) !== "object") throw malformed("The request body is not a JSON object.");
    this.#members = members(body, this.root);
  }

  /** The span of a member's value, or undefined where it is absent or null. */
  span(key: string): Span | undefined {
    const span = this.#members.findLast((one) => one.key === key)?.value;
    return span === undefined || typeAt(this.body, span) === "null" ? undefined : span;
  }

  /** A small member, parsed. */
  value(key: string): unknown {
    const span = this.span(key);
    return span === undefined ? undefined : parseAt(this.body, span);
  }

  /** The elements of an array member; undefined where no array stands there. */
  elements(key: string): readonly Span[] | undefined {
    const known = this.#elements.get(key);
    if (known !== undefined) return known;
    const span = this.span(key);
    if (span === undefined || typeAt(this.body, span) !== "array") return undefined;
    const found = elements(this.body, span);
    this.#elements.set(key, found);
    return found;
  }

  /** Every other member's value, for a check that all of the body is JSON. */
  others(...keys: readonly string[]): readonly Span[] {
    return this.#members.filter((one) => !keys.includes(one.key)).map((one) => one.value);
  }
}

/** Runs a reading of a request: what is wrong with its JSON is the caller's error. */
export function readingRequest<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof JsonTextError)) throw cause;
    throw malformed(`The request body is not valid JSON. ${cause.message}`, cause);
  }
}

export function malformed(sentence: string, cause?: unknown): LongstopError {
  return new LongstopError("request_malformed", sentence, { cause });
}
