import type { Turn } from "../../exchange/turn.ts";
import { elements, member, rootSpan, typeAt } from "../../wire/json-text.ts";
import { numberOf, objectOf, stringOf } from "../../wire/json-value.ts";
import type { JsonObject } from "../../wire/json-value.ts";
import type { Frame } from "../../wire/sse.ts";
import type { FrameRole, StreamReader } from "../protocol.ts";
import { unreadable } from "./answer.ts";
import { turnOf, usageOf } from "./answer-turn.ts";
import { eventIn } from "./stream-event.ts";
import type { StreamEvent } from "./stream-event.ts";
import { StreamedBlock } from "./streamed-block.ts";

/**
 * Reads one stream of `POST /v1/messages`
 * (platform.claude.com/docs/en/build-with-claude/streaming).
 */
export class MessageStreamReader implements StreamReader {
  readonly #blocks: StreamedBlock[] = [];
  readonly #byIndex = new Map<number, StreamedBlock>();
  #id = "";
  #stopReason: string | null = null;
  #usage: JsonObject | undefined;
  #complete = false;

  read(frame: Frame): FrameRole {
    if (frame.isComment) return "comment";
    const event = eventIn(frame);
    if (event === null) return this.#complete ? "end" : "preamble";
    switch (event.type) {
      case "message_start":
        return this.#open(event);
      case "content_block_start":
        return this.#startBlock(event);
      case "content_block_delta":
        return this.#takeDelta(event);
      case "content_block_stop":
        return roleOf(this.#blockOf(event));
      case "message_delta":
        this.#stopReason = stringOf(objectOf(event.payload["delta"])?.["stop_reason"]) ?? this.#stopReason;
        this.#takeUsage(event.payload["usage"]);
        return "end";
      case "message_stop":
        this.#complete = true;
        return "end";
      case "error":
        return "error";
      default:
        // `ping`, and events of a later version: they say nothing that a client would wait for.
        return "preamble";
    }
  }

  get ended(): boolean {
    return this.#complete;
  }

  turn(): Turn {
    return turnOf(this.#blocks, {
      id: this.#id,
      stopReason: this.#stopReason,
      usage: this.#usage === undefined ? undefined : usageOf(this.#usage),
      complete: this.#complete,
    });
  }

  /** The content blocks as JSON texts, as far as they have come. */
  blocks(): readonly StreamedBlock[] {
    return this.#blocks;
  }

  /** With programmatic tool calling the first blocks may be in the opening event already. */
  #open({ text, payload }: StreamEvent): FrameRole {
    const message = objectOf(payload["message"]);
    if (message === undefined) throw unreadable("The upstream's stream opens without a message.");
    this.#id = stringOf(message["id"]) ?? "";
    this.#takeUsage(message["usage"]);
    const begun = prefilled(text).map((block) => new StreamedBlock(block));
    this.#blocks.push(...begun);
    if (begun.some((block) => roleOf(block) === "call")) return "call";
    return begun.length === 0 ? "preamble" : "text";
  }

  #startBlock(event: StreamEvent): FrameRole {
    const span = member(event.text, rootSpan(event.text), "content_block");
    if (span === undefined || typeAt(event.text, span) !== "object") {
      throw unreadable("The upstream's stream starts a content block without the block.");
    }
    const block = new StreamedBlock(event.text.slice(span.start, span.end));
    this.#blocks.push(block);
    const index = indexOf(event);
    if (index !== undefined) this.#byIndex.set(index, block);
    return roleOf(block);
  }

  #takeDelta(event: StreamEvent): FrameRole {
    const block = this.#blockOf(event);
    const delta = objectOf(event.payload["delta"]);
    if (block === undefined || delta === undefined) {
      throw unreadable("The upstream's stream continues a content block that it did not start.");
    }
    block.apply(delta, () => {
      const span = member(event.text, rootSpan(event.text), "delta");
      return span === undefined ? "{}" : event.text.slice(span.start, span.end);
    });
    return roleOf(block);
  }

  #blockOf(event: StreamEvent): StreamedBlock | undefined {
    const index = indexOf(event);
    return index === undefined ? undefined : this.#byIndex.get(index);
  }

  /** Counters are totals of the whole message and left out where they do not apply. */
  #takeUsage(value: unknown): void {
    const usage = objectOf(value);
    if (usage === undefined) return;
    const said = Object.entries(usage).filter(([, count]) => count !== null);
    this.#usage = { ...this.#usage, ...Object.fromEntries(said) };
  }
}

export function indexOf(event: StreamEvent): number | undefined {
  return numberOf(event.payload["index"]);
}

/** The content blocks in an opening event, as JSON texts. */
export function prefilled(text: string): string[] {
  const message = member(text, rootSpan(text), "message");
  const content = message === undefined ? undefined : member(text, message, "content");
  if (content === undefined || typeAt(text, content) !== "array") return [];
  return elements(text, content).map((span) => {
    if (typeAt(text, span) !== "object")
      throw unreadable("The upstream's stream opens with a block that is no object.");
    return text.slice(span.start, span.end);
  });
}

function roleOf(block: StreamedBlock | undefined): FrameRole {
  return block?.use?.by === "client" ? "call" : "text";
}
