import type { LongstopError } from "../../exchange/error.ts";
import type { Turn } from "../../exchange/turn.ts";
import { applyEdits, setMember } from "../../wire/json-edit.ts";
import type { TextEdit } from "../../wire/json-edit.ts";
import { member, members, parseAt, rootSpan, typeAt } from "../../wire/json-text.ts";
import type { Span } from "../../wire/json-text.ts";
import { objectOf } from "../../wire/json-value.ts";
import { commentFrame, eventFrame } from "../../wire/sse.ts";
import type { Frame } from "../../wire/sse.ts";
import type { FrameRole, Release, StreamWriter } from "../protocol.ts";
import { toolUseOf } from "./blocks.ts";
import { contentEdits, Decisions, endEdits } from "./changes.ts";
import { errorFrame } from "./errors.ts";
import { eventIn } from "./stream-event.ts";
import type { StreamEvent } from "./stream-event.ts";
import { indexOf, prefilled } from "./stream-reader.ts";
import { blockFrames, rewrittenStart } from "./written-block.ts";

/** Nothing decided, nothing added. */
const asItIs: Release = { changes: [], addOutputTokens: 0, comment: undefined };

/** Events of the first turn that leave as they came, whatever is in them. */
const plain: ReadonlySet<string | undefined> = new Set([
  "content_block_delta",
  "content_block_stop",
  "message_delta",
  "message_stop",
  "ping",
]);

/** What the reported input of a turn consists of. */
const inputCounters = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"];

/** A block of the current turn: its number for the client, or what became of it. */
interface Placed {
  readonly kind: "keep" | "drop" | "rewrite";
  readonly index: number;
}

/**
 * Writes one stream to the client. The SDK takes the block at `index` by its order of arrival, so a
 * removed block moves all later ones, and the blocks of a later turn go on counting where the first
 * ended. The SDK accepts one `message_start`; others add up several `message_delta`.
 */
export class MessageStreamWriter implements StreamWriter {
  /** True once the client has its `message_start`. */
  #opened = false;
  #isFirstTurn = true;
  /** Blocks that the client has. */
  #next = 0;
  #removed = 0;
  #placed = new Map<number, Placed>();
  /** Uses that flowed past and that the client will execute. */
  #flowed = 0;
  /** The usage in a `message_start` that the client does not see. */
  #unseenUsage: string | undefined;

  pass(frame: Frame, role: FrameRole): Uint8Array | null {
    if (frame.isComment || role === "error") return frame.bytes;
    if (this.#isFirstTurn && plain.has(frame.event)) return frame.bytes;
    const decisions = new Decisions([], this.#flowed);
    const written = this.#write(frame, decisions, asItIs);
    this.#flowed = decisions.left;
    const [only, ...more] = written;
    if (only === undefined) return null;
    return more.length === 0 ? only : Buffer.concat(written);
  }

  release(held: readonly Frame[], _turn: Turn, release: Release): Uint8Array[] {
    const decisions = new Decisions(release.changes, this.#flowed);
    return held.flatMap((frame) => this.#write(frame, decisions, release));
  }

  nextTurn(): void {
    this.#isFirstTurn = false;
    this.#removed = 0;
    this.#placed = new Map();
    this.#unseenUsage = undefined;
  }

  error(error: LongstopError): Uint8Array {
    return errorFrame(error);
  }

  #write(frame: Frame, decisions: Decisions, release: Release): Uint8Array[] {
    const event = frame.isComment ? null : eventIn(frame);
    if (event === null) return [frame.bytes];
    switch (event.type) {
      case "message_start":
        return this.#opened ? this.#reopen(event, decisions) : [this.#open(frame, event, decisions)];
      case "content_block_start":
        return this.#startBlock(frame, event, decisions);
      case "message_delta":
        return [edited(frame, event, this.#endEdits(event.text, decisions, release))];
      case "message_stop":
        return release.comment === undefined ? [frame.bytes] : [commentFrame(release.comment), frame.bytes];
      default:
        return this.#continueBlock(frame, event);
    }
  }

  #open(frame: Frame, event: StreamEvent, decisions: Decisions): Uint8Array {
    this.#opened = true;
    const { text } = event;
    const message = member(text, rootSpan(text), "message");
    const content = message === undefined ? undefined : member(text, message, "content");
    if (content === undefined || typeAt(text, content) !== "array") return frame.bytes;
    const dropped = decisions.dropped;
    const edits = contentEdits(text, content, decisions);
    this.#removed += decisions.dropped - dropped;
    this.#next += prefilled(text).length - this.#removed;
    return edited(frame, event, edits);
  }

  /** The envelope is there already; blocks that come in this one are sent as blocks of their own. */
  #reopen({ text }: StreamEvent, decisions: Decisions): Uint8Array[] {
    const message = member(text, rootSpan(text), "message");
    const usage = message === undefined ? undefined : member(text, message, "usage");
    this.#unseenUsage = usage === undefined ? undefined : text.slice(usage.start, usage.end);
    return prefilled(text).flatMap((block) => {
      const change = decisions.of(toolUseOf(objectOf(JSON.parse(block)) ?? {}, ""));
      if (change.kind === "drop") return [];
      return blockFrames(change.kind === "rewrite" ? withInput(block, change.input) : block, this.#next++);
    });
  }

  #startBlock(frame: Frame, event: StreamEvent, decisions: Decisions): Uint8Array[] {
    const own = indexOf(event) ?? this.#next;
    const change = decisions.of(toolUseOf(objectOf(event.payload["content_block"]) ?? {}, ""));
    if (change.kind === "drop") {
      this.#removed++;
      this.#placed.set(own, { kind: "drop", index: -1 });
      return [];
    }
    const next = this.#next++;
    const index = this.#isFirstTurn ? Math.max(0, own - this.#removed) : next;
    this.#placed.set(own, { kind: change.kind, index });
    return change.kind === "rewrite"
      ? rewrittenStart(event.text, index, change.input)
      : [renumbered(frame, event, own, index)];
  }

  #continueBlock(frame: Frame, event: StreamEvent): Uint8Array[] {
    const own = indexOf(event);
    const placed = own === undefined ? undefined : this.#placed.get(own);
    if (own === undefined || placed === undefined) return [frame.bytes];
    if (placed.kind === "drop") return [];
    if (placed.kind === "rewrite" && event.type === "content_block_delta") return [];
    return [renumbered(frame, event, own, placed.index)];
  }

  #endEdits(text: string, decisions: Decisions, release: Release): TextEdit[] {
    const root = rootSpan(text);
    const usage = member(text, root, "usage");
    return [
      ...endEdits(text, { reasonIn: member(text, root, "delta"), usage }, decisions, release),
      ...this.#inputEdits(text, usage),
    ];
  }

  /**
   * What the client is told about input is that of the turn it sees. Where the last event does not
   * repeat these counters, those of the opening event that was held back go in.
   */
  #inputEdits(text: string, usage: Span | undefined): TextEdit[] {
    const unseen = this.#unseenUsage;
    if (unseen === undefined || usage === undefined || typeAt(unseen, rootSpan(unseen)) !== "object")
      return [];
    if (typeAt(text, usage) !== "object" || members(text, usage).length === 0) return [];
    return inputCounters.flatMap((name) => {
      const there = member(text, usage, name);
      const counter = member(unseen, rootSpan(unseen), name);
      if (counter === undefined || (there !== undefined && parseAt(text, there) !== null)) return [];
      return [setMember(text, usage, name, unseen.slice(counter.start, counter.end))];
    });
  }
}

function withInput(block: string, input: string): string {
  return applyEdits(block, [setMember(block, rootSpan(block), "input", input)]);
}

/** `own` is the index that the event has, or that its place gives it where it names none. */
function renumbered(frame: Frame, event: StreamEvent, own: number, index: number): Uint8Array {
  if (own === index) return frame.bytes;
  return edited(frame, event, [setMember(event.text, rootSpan(event.text), "index", String(index))]);
}

/** A frame with other data; without edits its own bytes. */
function edited(frame: Frame, event: StreamEvent, edits: readonly TextEdit[]): Uint8Array {
  if (edits.length === 0) return frame.bytes;
  return eventFrame({ event: frame.event ?? event.type, data: applyEdits(event.text, edits) });
}
