import { startOf } from "../../wire/json-scan.ts";
import { elements, readObject, typeAt, type Member, type Span } from "../../wire/json-text.ts";

/** The members of a JSON object. Of duplicate names the last counts. */
export class TopLevel {
  readonly text: string;
  readonly root: Span;
  readonly members: readonly Member[];
  readonly #elements = new Map<string, readonly Span[]>();

  /** Throws `JsonTextError` where no object stands. */
  constructor(text: string) {
    const { members, span } = readObject(text, startOf(text));
    this.text = text;
    this.root = span;
    this.members = members;
  }

  /** The span of a member's value, or undefined where it is absent or null. */
  span(key: string): Span | undefined {
    const span = this.members.findLast((one) => one.key === key)?.value;
    return span === undefined || typeAt(this.text, span) === "null" ? undefined : span;
  }

  /** The span of an array member; undefined where no array stands there. */
  array(key: string): Span | undefined {
    const span = this.span(key);
    return span !== undefined && typeAt(this.text, span) === "array" ? span : undefined;
  }

  /** The elements of an array member; undefined where no array stands there. */
  elements(key: string): readonly Span[] | undefined {
    const known = this.#elements.get(key);
    if (known !== undefined) return known;
    const span = this.array(key);
    if (span === undefined) return undefined;
    const found = elements(this.text, span);
    this.#elements.set(key, found);
    return found;
  }
}
