import {
  elements,
  members,
  parseAt,
  rootSpan,
  typeAt,
  type Member,
  type Span,
} from "../../wire/json-text.ts";
import { malformed } from "../request-faults.ts";

/** Where the members of a request's body stand. Of duplicate names the last counts. */
export class RequestLayout {
  readonly body: string;
  readonly root: Span;
  /** How `input` is given: not at all, as one text of the user, or as a list of items. */
  readonly form: "absent" | "text" | "list";
  /** The items of `input`. A text is its own only item. */
  readonly items: readonly Span[];
  readonly members: readonly Member[];

  constructor(body: string) {
    this.body = body;
    this.root = rootSpan(body);
    if (typeAt(body, this.root) !== "object") throw malformed("The request body is not a JSON object.");
    this.members = members(body, this.root);
    const input = this.span("input");
    const type = input === undefined ? "null" : typeAt(body, input);
    if (input === undefined) {
      this.form = "absent";
      this.items = [];
    } else if (type === "string") {
      this.form = "text";
      this.items = [input];
    } else if (type === "array") {
      this.form = "list";
      this.items = elements(body, input);
    } else {
      throw malformed('"input" must be a string or an array of items.');
    }
  }

  /** The span of a member's value, or undefined where it is absent or null. */
  span(key: string): Span | undefined {
    const span = this.members.findLast((one) => one.key === key)?.value;
    return span === undefined || typeAt(this.body, span) === "null" ? undefined : span;
  }

  /** A small member, parsed. */
  value(key: string): unknown {
    const span = this.span(key);
    return span === undefined ? undefined : parseAt(this.body, span);
  }

  /** Every other member's value, for a check that all of the body is JSON. */
  others(...keys: readonly string[]): readonly Span[] {
    // Of a name that stands twice only the last is read elsewhere.
    const read = new Set(keys.map((key) => this.span(key)?.start));
    return this.members.map(({ value }) => value).filter(({ start }) => !read.has(start));
  }
}
