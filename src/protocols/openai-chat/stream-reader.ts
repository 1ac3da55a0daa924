import type { Finish, Turn, Usage } from "../../exchange/turn.ts";
import { arrayOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import { GrowingText } from "../../wire/growing-text.ts";
import type { Frame } from "../../wire/sse.ts";
import type { FrameRole, StreamReader } from "../protocol.ts";
import { CallTracker, wireCall, type GrowingCall } from "./call-tracker.ts";
import { readChunk, roleOf, type Chunk } from "./chunk.ts";
import { readContent } from "./content.ts";
import { functionCallId, reasoningKeys } from "./message-shape.ts";
import { finishOf, usageOf } from "./turn-reading.ts";

/** Reads one stream of chunks. */
export class ChatStreamReader implements StreamReader {
  readonly #tracker = new CallTracker();
  /** For each choice seen the reason that it gave for stopping. */
  readonly #reasons = new Map<number, string | undefined>();
  #id = "";
  readonly #content = new GrowingText();
  #refusal = "";
  readonly #reasoning = new Map<string, string | unknown[]>();
  #usage: Usage | undefined;
  #done = false;
  #failed = false;

  read(frame: Frame): FrameRole {
    const chunk = readChunk(frame);
    if (chunk.kind === "done") this.#done = true;
    if (chunk.kind === "error") this.#failed = true;
    if (chunk.kind === "chunk") this.#take(chunk);
    return roleOf(chunk);
  }

  #take({ body, choices }: Chunk & { kind: "chunk" }): void {
    if (this.#id === "") this.#id = stringOf(body["id"]) ?? "";
    this.#usage = usageOf(body["usage"]) ?? this.#usage;
    for (const { index, delta, finishReason } of choices) {
      this.#reasons.set(index, finishReason ?? this.#reasons.get(index));
      this.#tracker.take(index, delta);
      if (index === 0) this.#takeFirst(delta);
    }
  }

  #takeFirst(delta: JsonObject): void {
    for (const text of readContent(delta["content"]).texts) this.#content.append(text);
    this.#refusal += stringOf(delta["refusal"]) ?? "";
    for (const key of reasoningKeys) {
      const value = delta[key];
      const before = this.#reasoning.get(key);
      if (typeof value === "string" && !Array.isArray(before))
        this.#reasoning.set(key, (before ?? "") + value);
      else if (Array.isArray(value)) this.#reasoning.set(key, [...arrayOf(before), ...arrayOf(value)]);
    }
  }

  get ended(): boolean {
    return this.#done;
  }

  turn(): Turn {
    const reasons = [...this.#reasons.values()];
    const finished = reasons.length > 0 && reasons.every((reason) => reason !== undefined);
    const calls = this.#tracker.calls;
    return {
      id: this.#id,
      text: this.#content.toString() + this.#refusal,
      calls: calls.map((call) => ({
        choice: call.choice,
        position: call.position,
        id: call.id,
        name: call.name,
        kind: call.kind,
        argumentsText: call.argumentsText,
        truncated: this.#isCut(call),
      })),
      providerCalls: [],
      finish: this.#finish(),
      usage: this.#usage,
      choices: this.#reasons.size,
      complete: !this.#failed && (this.#done || finished),
    };
  }

  #finish(): Finish | null {
    const reason = this.#reasons.get(0);
    if (reason === undefined) return null;
    const hasCalls = this.#tracker.calls.some(({ choice }) => choice === 0);
    return finishOf(reason, hasCalls, this.#refusal !== "");
  }

  /** The token limit cuts the last call of its answer, whole as it may look. */
  #isCut(call: GrowingCall): boolean {
    const last = this.#tracker.calls.findLast(({ choice }) => choice === call.choice);
    return last === call && this.#reasons.get(call.choice) === "length";
  }

  /**
   * The first answer as an assistant message, with what the provider wants back beside the text. Of
   * each call the arguments are what `argumentsOf` makes of the model's own.
   */
  message(argumentsOf: (call: GrowingCall) => string): JsonObject {
    const calls = this.#tracker.calls.filter(({ choice }) => choice === 0);
    const legacy = calls.find(({ id }) => id === functionCallId);
    const today = calls.filter((call) => call !== legacy);
    return {
      role: "assistant",
      content: this.#content.isEmpty ? null : this.#content.toString(),
      ...(this.#refusal !== "" && { refusal: this.#refusal }),
      ...Object.fromEntries(this.#reasoning),
      ...(today.length > 0 && { tool_calls: today.map((call) => wireCall(call, argumentsOf(call))) }),
      ...(legacy !== undefined && {
        function_call: { name: legacy.name, arguments: argumentsOf(legacy) },
      }),
    };
  }
}
