import { rootSpan } from "../../wire/json-text.ts";
import { objectOf, stringOf } from "../../wire/json-value.ts";
import type { JsonObject } from "../../wire/json-value.ts";
import { memberTexts, objectText, takeLater } from "../../wire/member-texts.ts";
import type { MemberTexts } from "../../wire/member-texts.ts";
import { framesIn } from "../../wire/sse.ts";
import type { Frame } from "../../wire/sse.ts";
import { ifReadable } from "../if-readable.ts";
import { eventIn } from "./stream-event.ts";
import type { StreamEvent } from "./stream-event.ts";
import { indexOf, MessageStreamReader } from "./stream-reader.ts";
import type { StreamedBlock } from "./streamed-block.ts";

/**
 * The whole answer that a stream tells, put together as Anthropic's SDK does it
 * (github.com/anthropics/anthropic-sdk-typescript, src/lib/BetaMessageStream.ts). Null where the stream
 * did not come to its end, and where it has an event or a delta that this version does not know:
 * whatever that says would be missing.
 */
export function wholeOf(stream: string): string | null {
  return ifReadable(() => {
    const told = new ToldMessage();
    for (const frame of framesIn(stream)) {
      if (told.ended) break;
      if (!told.take(frame)) return null;
    }
    return told.whole();
  });
}

/**
 * The type of the block that each delta goes on with. Input is that of any block that has it. What a
 * delta says beside its piece (`estimated_tokens`) shows progress, and is no part of a message.
 */
const goesOnWith: ReadonlyMap<unknown, string> = new Map([
  ["text_delta", "text"],
  ["citations_delta", "text"],
  ["thinking_delta", "thinking"],
  ["signature_delta", "thinking"],
  ["compaction_delta", "compaction"],
]);

class ToldMessage {
  readonly #reader = new MessageStreamReader();
  readonly #open = new Map<number, JsonObject>();
  readonly #started = new Set<number>();
  #members: MemberTexts | undefined;
  #usage: MemberTexts = new Map();

  get ended(): boolean {
    return this.#reader.ended;
  }

  /** Takes a frame in; false for one that has no place in a message, or not here. */
  take(frame: Frame): boolean {
    const event = frame.isComment ? null : eventIn(frame);
    if (event === null || event.type === "ping") return true;
    if (!this.#fits(event)) return false;
    this.#reader.read(frame);
    return true;
  }

  #fits(event: StreamEvent): boolean {
    const { type, text, payload } = event;
    if (type === "message_start") return this.#members === undefined && this.#begin(event);
    if (this.#members === undefined) return false;
    const index = indexOf(event) ?? -1;
    switch (type) {
      case "content_block_start": {
        if (index < 0 || this.#started.has(index)) return false;
        this.#started.add(index);
        this.#open.set(index, objectOf(payload["content_block"]) ?? {});
        return true;
      }
      case "content_block_delta": {
        const block = this.#open.get(index);
        const delta = objectOf(payload["delta"])?.["type"];
        if (block === undefined) return false;
        return delta === "input_json_delta" ? "input" in block : goesOnWith.get(delta) === block["type"];
      }
      case "content_block_stop":
        return this.#open.delete(index);
      case "message_delta":
        this.#goOn(text, this.#members);
        return true;
      default:
        // What an event of a later version says, or an error, is no message.
        return type === "message_stop";
    }
  }

  #begin({ text }: StreamEvent): boolean {
    const message = memberTexts(text, rootSpan(text)).get("message");
    if (!message?.startsWith("{")) return false;
    this.#members = membersOf(message);
    this.#usage = membersOf(this.#members.get("usage"));
    return true;
  }

  /** `message_delta`: beside its delta and the usage, it has members of the message itself. */
  #goOn(text: string, told: MemberTexts): void {
    const own = memberTexts(text, rootSpan(text));
    takeLater(told, membersOf(own.get("delta")));
    takeLater(this.#usage, membersOf(own.get("usage")));
    for (const name of ["type", "delta", "usage"]) own.delete(name);
    takeLater(told, own);
  }

  /** The message as JSON text, or null where it is not whole. */
  whole(): string | null {
    const blocks = this.#reader.blocks();
    const told = this.#members;
    if (told === undefined || !this.ended || this.#open.size > 0) return null;
    if (!told.get("stop_reason")?.startsWith('"') || !this.#hasWholeInput(blocks)) return null;
    told.set("content", `[${blocks.map((block) => block.json()).join(",")}]`);
    if (this.#usage.size > 0) told.set("usage", objectText(this.#usage));
    const model = servingModel(blocks);
    if (model !== undefined) told.set("model", model);
    return objectText(told);
  }

  /** Input that the token limit cut is `{}` in a whole answer, too. Any other must be an object. */
  #hasWholeInput(blocks: readonly StreamedBlock[]): boolean {
    const isCut = this.#reader.turn().finish === "length";
    return blocks.every((block, at) => block.inputIsObject || (isCut && at === blocks.length - 1));
  }
}

/** A whole answer names the model that served it in the end: that of its last `fallback` block. */
function servingModel(blocks: readonly StreamedBlock[]): string | undefined {
  const last = blocks.findLast(({ type }) => type === "fallback")?.json();
  const to = last === undefined ? undefined : objectOf(objectOf(JSON.parse(last))?.["to"]);
  const model = stringOf(to?.["model"]);
  return model === undefined ? undefined : JSON.stringify(model);
}

/** The members of an object; none where there is no object. */
function membersOf(json: string | undefined): MemberTexts {
  return json?.startsWith("{") ? memberTexts(json, rootSpan(json)) : new Map<string, string>();
}
