import { cutBody, type CutBody } from "../../wire/cut-body.ts";
import { SeenFrames } from "../../wire/seen-frames.ts";
import type { Member, Span } from "../../wire/json-text.ts";
import { malformed } from "../request-faults.ts";
import { readHead, type RequestHead } from "./head.ts";
import { messageLists, type MessageShape } from "./message-shape.ts";
import { TopLevel } from "./top-level.ts";

/** Bytes of heads that are kept; what is found in them comes on top. */
const keptBytesMax = 8 * 1024 * 1024;

/** What requests say besides their messages: an agent repeats it on every turn. */
const heads = new SeenFrames<RequestHead>(keptBytesMax, readHead);

/**
 * Where the members of a request's body stand: in `rest`, which is the body with its messages cut out.
 * Of duplicate names the last counts.
 */
export class RequestLayout {
  readonly cut: CutBody<MessageShape, RequestHead>;
  #top: TopLevel | undefined;

  constructor(body: string | Uint8Array) {
    const cut = cutBody(body, "messages", messageLists, heads);
    if (cut === undefined) throw malformed("The request body is not a JSON object.");
    this.cut = cut;
  }

  get head(): RequestHead {
    return this.cut.around;
  }

  get rest(): string {
    return this.cut.rest;
  }

  /** The span of the whole object in `rest`. */
  get root(): Span {
    return this.#topLevel().root;
  }

  /** All members, duplicates included, in `rest`. */
  get members(): readonly Member[] {
    return this.#topLevel().members;
  }

  /** The span of a member's value in `rest`, or undefined where it is absent or null. */
  span(key: string): Span | undefined {
    return this.#topLevel().span(key);
  }

  /** The elements of an array member, in `rest`; undefined where no array stands there. */
  elements(key: string): readonly Span[] | undefined {
    return this.#topLevel().elements(key);
  }

  /** Looked up when a member is asked for: what only reads a request needs none of their places. */
  #topLevel(): TopLevel {
    this.#top ??= new TopLevel(this.rest);
    return this.#top;
  }
}
