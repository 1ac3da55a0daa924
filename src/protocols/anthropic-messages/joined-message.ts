import { applyEdits, setMember } from "../../wire/json-edit.ts";
import type { TextEdit } from "../../wire/json-edit.ts";
import { member, rootSpan } from "../../wire/json-text.ts";
import { objectOf, stringOf } from "../../wire/json-value.ts";
import { eventFrame } from "../../wire/sse.ts";
import type { Frame } from "../../wire/sse.ts";
import type { Joining } from "../turn-forms.ts";
import { Decisions, endEdits } from "./changes.ts";
import { eventIn } from "./stream-event.ts";
import type { StreamEvent } from "./stream-event.ts";
import { indexOf, prefilled } from "./stream-reader.ts";
import { blockFrames } from "./written-block.ts";

/**
 * The stream of a message that goes on behind a text, as if one message had said both: the text opens its
 * first block, and a text that the model begins with goes on in that block.
 */
export class JoinedMessage implements Joining {
  readonly #text: string;
  readonly #addOutputTokens: number;
  /**
   * The white space that the text ends with, as far as the model may still say it again: it was asked to go
   * on without it.
   */
  #space: string;
  /** Blocks that were written, or begun. */
  #blocks = 0;
  /** The block of the text has not been closed. */
  #isOpen = false;
  /** The numbers of the blocks that came, by their own. */
  readonly #placed = new Map<number, number>();

  /** `addOutputTokens` is what the text is known to have cost. */
  constructor(text: string, addOutputTokens: number) {
    this.#text = text;
    this.#space = text.slice(text.trimEnd().length);
    this.#addOutputTokens = addOutputTokens;
  }

  take(frame: Frame): readonly Uint8Array[] {
    const event = frame.isComment ? null : eventIn(frame);
    if (event === null) return [frame.bytes];
    switch (event.type) {
      case "message_start":
        return this.#open(frame, event);
      case "content_block_start":
        return this.#start(frame, event);
      case "content_block_delta":
        return this.#continue(frame, event);
      case "content_block_stop":
        if (this.#placed.get(indexOf(event) ?? -1) === 0) this.#isOpen = false;
        return [this.#numbered(frame, event)];
      case "message_delta":
        return [...this.#close(), edited(frame, event, this.#endEdits(event.text))];
      case "message_stop":
        return [...this.#close(), frame.bytes];
      default:
        return [frame.bytes];
    }
  }

  #open(frame: Frame, event: StreamEvent): readonly Uint8Array[] {
    const { text } = event;
    const begun = prefilled(text);
    const message = member(text, rootSpan(text), "message");
    const edits =
      message === undefined || begun.length === 0 ? [] : [setMember(text, message, "content", "[]")];
    this.#blocks = 1;
    this.#isOpen = true;
    return [
      edited(frame, event, edits),
      frameOf("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
      textDelta(this.#text),
      ...(begun.length === 0 ? [] : this.#close()),
      ...begun.flatMap((block) => blockFrames(block, this.#blocks++)),
    ];
  }

  #start(frame: Frame, event: StreamEvent): readonly Uint8Array[] {
    const own = indexOf(event) ?? this.#placed.size;
    const block = objectOf(event.payload["content_block"]) ?? {};
    if (this.#isOpen && this.#placed.size === 0 && block["type"] === "text") {
      this.#placed.set(own, 0);
      const text = this.#unrepeated(stringOf(block["text"]) ?? "");
      return text === "" ? [] : [textDelta(text)];
    }
    const closing = this.#close();
    this.#placed.set(own, this.#blocks++);
    return [...closing, this.#numbered(frame, event)];
  }

  #continue(frame: Frame, event: StreamEvent): readonly Uint8Array[] {
    const delta = objectOf(event.payload["delta"]);
    const said = delta?.["type"] === "text_delta" ? stringOf(delta["text"]) : undefined;
    if (said === undefined || this.#space === "" || this.#placed.get(indexOf(event) ?? -1) !== 0)
      return [this.#numbered(frame, event)];
    const text = this.#unrepeated(said);
    if (text === said) return [this.#numbered(frame, event)];
    return text === "" ? [] : [textDelta(text)];
  }

  /** A text without the white space at its beginning that stands before it already. */
  #unrepeated(text: string): string {
    let at = 0;
    while (at < text.length && at < this.#space.length && text[at] === this.#space[at]) at++;
    this.#space = at === text.length ? this.#space.slice(at) : "";
    return text.slice(at);
  }

  #close(): readonly Uint8Array[] {
    if (!this.#isOpen) return [];
    this.#isOpen = false;
    return [frameOf("content_block_stop", { index: 0 })];
  }

  #numbered(frame: Frame, event: StreamEvent): Uint8Array {
    const own = indexOf(event);
    const index = own === undefined ? undefined : this.#placed.get(own);
    if (index === undefined || index === own) return frame.bytes;
    return edited(frame, event, [setMember(event.text, rootSpan(event.text), "index", String(index))]);
  }

  #endEdits(text: string): TextEdit[] {
    const usage = member(text, rootSpan(text), "usage");
    const release = { changes: [], addOutputTokens: this.#addOutputTokens, comment: undefined };
    return endEdits(text, { reasonIn: undefined, usage }, new Decisions([]), release);
  }
}

function textDelta(text: string): Uint8Array {
  return frameOf("content_block_delta", { index: 0, delta: { type: "text_delta", text } });
}

function frameOf(type: string, more: object): Uint8Array {
  return eventFrame({ event: type, data: JSON.stringify({ type, ...more }) });
}

function edited(frame: Frame, event: StreamEvent, edits: readonly TextEdit[]): Uint8Array {
  if (edits.length === 0) return frame.bytes;
  return eventFrame({ event: frame.event ?? event.type, data: applyEdits(event.text, edits) });
}
