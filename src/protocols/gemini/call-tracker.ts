import { parseAt, rootSpan } from "../../wire/json-text.ts";
import { objectOf, type JsonObject } from "../../wire/json-value.ts";
import { fieldOf } from "./fields.ts";
import { PartialArgs } from "./partial-args.ts";
import type { ContentPart, FunctionCall } from "./parts.ts";

/** One call of an answer, as its parts have built it so far. */
export interface TrackedCall {
  readonly choice: number;
  readonly position: number;
  readonly id: string;
  readonly name: string;
  /** The arguments; of a call that was begun in pieces and not ended they lack their end. */
  readonly argumentsText: string;
  /** True where the arguments come in several parts; `isOpen` while more of them are announced. */
  readonly inPieces: boolean;
  readonly isOpen: boolean;
  /** The part that began it. */
  readonly first: ContentPart;
}

class GrowingCall implements TrackedCall {
  readonly choice: number;
  readonly position: number;
  readonly first: ContentPart;
  readonly #call: FunctionCall;
  readonly #pieces: PartialArgs | undefined;
  isOpen: boolean;

  constructor(choice: number, position: number, first: ContentPart, call: FunctionCall, fields: JsonObject) {
    this.choice = choice;
    this.position = position;
    this.first = first;
    this.#call = call;
    this.#pieces = comesInPieces(fields) ? new PartialArgs() : undefined;
    this.isOpen = false;
    if (this.#pieces !== undefined) this.take(fields);
  }

  get id(): string {
    return this.#call.id;
  }
  get name(): string {
    return this.#call.name;
  }

  get inPieces(): boolean {
    return this.#pieces !== undefined;
  }

  get argumentsText(): string {
    if (this.#pieces === undefined) return this.#call.argumentsText;
    const text = this.#pieces.text();
    return this.isOpen ? text.slice(0, -1) : text;
  }

  take(fields: JsonObject): void {
    this.#pieces?.takeWhole(fieldOf(fields, "args"));
    this.#pieces?.take(fieldOf(fields, "partialArgs"));
    this.isOpen = fieldOf(fields, "willContinue") === true || this.#pieces?.isOpen === true;
  }
}

function comesInPieces(fields: JsonObject): boolean {
  return fieldOf(fields, "partialArgs") !== undefined || fieldOf(fields, "willContinue") === true;
}

/** A part that belongs to a call. */
export interface CallPiece {
  readonly call: TrackedCall;
  /** True for the part that began the call. */
  readonly opens: boolean;
}

/**
 * Tells which call each part of an answer belongs to. The same rule serves the reading and the
 * rewriting of an answer, so that what was judged is what is changed.
 */
export class CallTracker {
  readonly calls: TrackedCall[] = [];
  readonly #open = new Map<number, GrowingCall>();

  /** Feed every part of a candidate, in order; undefined for parts that are no call. */
  take(choice: number, part: ContentPart): CallPiece | undefined {
    if (part.call === undefined) return undefined;
    const fields = fieldsOf(part);
    const open = this.#open.get(choice);
    // A piece without a name goes on with the call that is open.
    if (open?.isOpen === true && part.call.name === "") {
      open.take(fields);
      return { call: open, opens: false };
    }
    const position = this.calls.filter((one) => one.choice === choice).length;
    const call = new GrowingCall(choice, position, part, part.call, fields);
    this.calls.push(call);
    this.#open.set(choice, call);
    return { call, opens: true };
  }
}

function fieldsOf({ original }: ContentPart): JsonObject {
  const part = objectOf(parseAt(original, rootSpan(original))) ?? {};
  return objectOf(fieldOf(part, "functionCall")) ?? {};
}
