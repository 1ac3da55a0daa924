import type { Turn } from "../../exchange/turn.ts";
import { objectOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import type { Frame } from "../../wire/sse.ts";
import type { FrameRole, StreamReader } from "../protocol.ts";
import { clientCalls, finishOf, isBackground, providerCallsIn, usageOf } from "./output.ts";
import { eventOf, opening, terminal, type StreamEvent } from "./stream-event.ts";
import type { StreamedItem } from "./streamed-item.ts";
import { StreamedItems } from "./streamed-items.ts";

/** Reads one stream of `POST …/responses`, or of an answer that is fetched as a stream. */
export class ResponseStreamReader implements StreamReader {
  readonly #items = new StreamedItems();
  /** What the newest event that has it says of the whole response. */
  #response: JsonObject = {};
  #ended = false;
  #failed = false;

  read(frame: Frame): FrameRole {
    const event = eventOf(frame);
    switch (event.kind) {
      case "comment":
        return "comment";
      case "done":
        return "end";
      case "nothing":
        return this.#ended ? "end" : "preamble";
      case "event":
        return this.#take(event);
    }
  }

  #take(event: StreamEvent): FrameRole {
    const { type, body } = event;
    if (type === "error") {
      this.#failed = true;
      return "error";
    }
    const item = this.#items.take(event);
    if (item !== undefined) return item.callsClient ? "call" : "text";
    const hasCalls = this.#items.items.some(({ callsClient }) => callsClient);
    if (opening.has(type) || terminal.has(type))
      this.#response = objectOf(body["response"]) ?? this.#response;
    if (terminal.has(type)) {
      this.#ended = true;
      if (type === "response.failed") {
        this.#failed = true;
        return "error";
      }
      // The last event repeats the calls, and may be the first to have them.
      return hasCalls ? "call" : "end";
    }
    if (opening.has(type)) return hasCalls ? "call" : "preamble";
    // `keepalive`, and events of a later version that belong to no item.
    return "preamble";
  }

  get ended(): boolean {
    return this.#ended;
  }

  turn(): Turn {
    const items = this.#items.items;
    const fields = items.map((item) => item.fields);
    return {
      id: stringOf(this.#response["id"]) ?? "",
      text: items.map(({ text }) => text).join(""),
      calls: clientCalls(this.#response, fields, (_item, index) => items[index]?.argumentsText),
      providerCalls: providerCallsIn(fields),
      finish: this.#ended ? finishOf(this.#response, fields) : null,
      usage: usageOf(this.#response["usage"]),
      choices: 1,
      complete: this.#ended && !this.#failed,
      kept: this.isStored,
      background: isBackground(this.#response),
    };
  }

  /** The items of the turn so far. */
  get items(): readonly StreamedItem[] {
    return this.#items.items;
  }

  /** False where the provider keeps nothing of this answer, so that ids name nothing later on. */
  get isStored(): boolean {
    return this.#response["store"] !== false;
  }
}
