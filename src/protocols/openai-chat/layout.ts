import { openBrace, openBracket, startOf } from "../../wire/json-scan.ts";
import {
  elements,
  mustEnd,
  parseAt,
  readObject,
  rootSpan,
  typeAt,
  type Member,
  type Span,
} from "../../wire/json-text.ts";
import type { ElementList } from "../../wire/seen-elements.ts";
import { messageLists, type MessageShape } from "./message-shape.ts";
import { offerLists } from "./offers.ts";
import { malformed } from "./request-faults.ts";

function isOfferList(key: string): boolean {
  return offerLists.some((list) => list === key);
}

/** Where the members of a request's body stand. Of duplicate names the last counts. */
export class RequestLayout {
  readonly body: string;
  readonly root: Span;
  readonly #members: readonly Member[];
  readonly #values = new Map<string, unknown>();
  readonly #elements = new Map<string, readonly Span[]>();
  #messages: ElementList<MessageShape> | undefined;

  constructor(body: string) {
    this.body = body;
    const start = startOf(body);
    if (body.charCodeAt(start) !== openBrace) {
      // What is no JSON at all is said as such, with its place.
      rootSpan(body);
      throw malformed("The request body is not a JSON object.");
    }
    const { members, span } = readObject(body, start, (key, from) => this.#endOfMessages(key, from));
    mustEnd(body, span.end);
    this.root = span;
    this.#members = members;
    // All of it is parsed somewhere, so that nothing that others read differently comes behind us.
    for (const { key, value } of members) {
      if (!this.#isRead(key, value)) this.#values.set(key, parseAt(body, value));
    }
  }

  /** True for the lists that are read by their elements. */
  #isRead(key: string, value: Span): boolean {
    if (typeAt(this.body, value) !== "array") return false;
    return key === "messages" || (isOfferList(key) && this.span(key)?.start === value.start);
  }

  #endOfMessages(key: string, start: number): number | undefined {
    if (key !== "messages") return undefined;
    this.#messages = undefined;
    if (this.body.charCodeAt(start) !== openBracket) return undefined;
    this.#messages = messageLists.read(this.body, start);
    return this.#messages.span.end;
  }

  /** The messages; undefined where no list of them stands. */
  get messages(): ElementList<MessageShape> | undefined {
    return this.#messages;
  }

  /** The span of a member's value, or undefined where it is absent or null. */
  span(key: string): Span | undefined {
    const span = this.#members.findLast((one) => one.key === key)?.value;
    return span === undefined || typeAt(this.body, span) === "null" ? undefined : span;
  }

  /** The value of a member that is no list of messages or offers; undefined where it is absent. */
  value(key: string): unknown {
    return this.#values.get(key);
  }

  /** The elements of an array member; undefined where no array stands there. */
  elements(key: string): readonly Span[] | undefined {
    if (key === "messages") return this.#messages?.elements;
    const known = this.#elements.get(key);
    if (known !== undefined) return known;
    const span = this.span(key);
    if (span === undefined || typeAt(this.body, span) !== "array") return undefined;
    const found = elements(this.body, span);
    this.#elements.set(key, found);
    return found;
  }
}
