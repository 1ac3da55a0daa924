import { cutBody, type CutBody } from "../../wire/cut-body.ts";
import { startOf } from "../../wire/json-scan.ts";
import { elements, parseAt, readObject, typeAt, type Member, type Span } from "../../wire/json-text.ts";
import { messageLists, type MessageShape } from "./message-shape.ts";
import { offerLists } from "./offers.ts";
import { malformed } from "../request-faults.ts";

function isOfferList(key: string): boolean {
  return offerLists.some((list) => list === key);
}

/**
 * Where the members of a request's body stand: in `rest`, which is the body with its messages cut out.
 * Of duplicate names the last counts.
 */
export class RequestLayout {
  readonly cut: CutBody<MessageShape>;
  readonly rest: string;
  readonly root: Span;
  readonly #members: readonly Member[];
  readonly #values = new Map<string, unknown>();
  readonly #elements = new Map<string, readonly Span[]>();

  constructor(body: string | Uint8Array) {
    const cut = cutBody(body, "messages", messageLists);
    if (cut === undefined) throw malformed("The request body is not a JSON object.");
    this.cut = cut;
    this.rest = cut.rest;
    const { members, span } = readObject(this.rest, startOf(this.rest));
    this.root = span;
    this.#members = members;
    // All of it is parsed somewhere, so that nothing that others read differently comes behind us.
    for (const { key, value } of members) {
      if (!this.#isRead(key, value)) this.#values.set(key, parseAt(this.rest, value));
    }
  }

  /** True for the lists that are read by their elements. */
  #isRead(key: string, value: Span): boolean {
    return isOfferList(key) && typeAt(this.rest, value) === "array" && this.span(key)?.start === value.start;
  }

  /** The span of a member's value in `rest`, or undefined where it is absent or null. */
  span(key: string): Span | undefined {
    const span = this.#members.findLast((one) => one.key === key)?.value;
    return span === undefined || typeAt(this.rest, span) === "null" ? undefined : span;
  }

  /** The value of a member that is no list of messages or offers; undefined where it is absent. */
  value(key: string): unknown {
    return this.#values.get(key);
  }

  /** The elements of an array member, in `rest`; undefined where no array stands there. */
  elements(key: string): readonly Span[] | undefined {
    const known = this.#elements.get(key);
    if (known !== undefined) return known;
    const span = this.span(key);
    if (span === undefined || typeAt(this.rest, span) !== "array") return undefined;
    const found = elements(this.rest, span);
    this.#elements.set(key, found);
    return found;
  }
}
