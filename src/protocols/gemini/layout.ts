import { members, parseAt, rootSpan, typeAt, type Member, type Span } from "../../wire/json-text.ts";
import { objectOf, type JsonObject } from "../../wire/json-value.ts";
import { malformed } from "../request-faults.ts";
import { fieldAt, snakeCase } from "./fields.ts";
import { repeatedAt, type Repeated } from "./repeated.ts";

/** Neighbouring elements of `contents` that are one message. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

/** Where the fields of a request stand. */
export class RequestLayout {
  readonly body: string;
  readonly root: Span;
  readonly contents: Repeated;
  readonly system: Span | undefined;
  readonly tools: Repeated | undefined;
  /** For each message its elements of `contents`; known once the contents are read. */
  runs: readonly Run[] = [];
  /** All members, duplicates included. */
  readonly members: readonly Member[];

  constructor(body: string) {
    this.body = body;
    this.root = rootSpan(body);
    if (typeAt(body, this.root) !== "object") throw malformed("The request body is not a JSON object.");
    this.members = members(body, this.root);
    this.#refuseTwice("systemInstruction", "toolConfig", "generationConfig", "cachedContent");
    const contents = repeatedAt(body, this.field("contents"));
    const isOne = contents?.isList === false && fieldAt(body, contents.span, "parts") !== undefined;
    if (contents === undefined || !(contents.isList || isOne)) {
      throw malformed('The request has no list "contents".');
    }
    this.contents = contents;
    this.system = this.field("systemInstruction");
    this.tools = repeatedAt(body, this.field("tools"));
  }

  field(name: string): Span | undefined {
    return fieldAt(this.body, this.root, name);
  }

  /** An object-valued field, parsed; an empty object where there is none. */
  object(name: string): JsonObject {
    const span = this.field(name);
    return (span === undefined ? undefined : objectOf(parseAt(this.body, span))) ?? {};
  }

  /** The values of all fields but these, for a check that all of the body is JSON. */
  others(...spans: readonly (Span | undefined)[]): readonly Span[] {
    return this.members
      .map(({ value }) => value)
      .filter((value) => !spans.some((span) => span?.start === value.start));
  }

  /** Of two spellings nobody can say which one the upstream reads. */
  #refuseTwice(...names: readonly string[]): void {
    const present = new Set(
      this.members.filter(({ value }) => typeAt(this.body, value) !== "null").map(({ key }) => key),
    );
    const twice = names.find((name) => present.has(name) && present.has(snakeCase(name)));
    if (twice !== undefined) throw malformed(`The request has both "${twice}" and "${snakeCase(twice)}".`);
  }
}
