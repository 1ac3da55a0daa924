import { exactObjectOf, exactObjectsOf, exactValue } from "../../wire/exact-json.ts";
import { arrayOf, objectOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import { framesIn } from "../../wire/sse.ts";
import { ifReadable } from "../if-readable.ts";
import { CallTracker, type GrowingCall } from "./call-tracker.ts";
import { readChunk, type Chunk, type ChunkChoice } from "./chunk.ts";
import { joined, latest } from "./joined.ts";
import { joinedContent } from "./joined-content.ts";

/** The whole answer that a stream tells, as `TurnForms.wholeOf`. */
export function wholeOf(stream: string): string | null {
  return ifReadable(() => {
    const answer = new GrowingAnswer();
    for (const frame of framesIn(stream)) {
      const chunk = readChunk(frame);
      if (chunk.kind === "error") return null;
      if (chunk.kind === "done") return answer.text("done");
      if (chunk.kind === "chunk") answer.take(chunk);
    }
    return answer.text("open");
  });
}

/** Members of a chunk that say who answers. A chunk may come before the answer, with an empty id. */
const envelope: ReadonlySet<string> = new Set(["id", "created", "model"]);

class GrowingAnswer {
  readonly #members = new Map<string, unknown>();
  readonly #choices = new Map<number, GrowingChoice>();
  readonly #tracker = new CallTracker();

  take({ text, body: read, choices }: Chunk & { kind: "chunk" }): void {
    const body = exactObjectOf(exactValue(text, read)) ?? {};
    for (const [name, value] of Object.entries(body)) this.#takeMember(name, value);
    const exact = exactObjectsOf(body["choices"]);
    for (const [place, choice] of choices.entries()) {
      const growing = this.#choices.get(choice.index) ?? new GrowingChoice(this.#tracker);
      this.#choices.set(choice.index, growing);
      growing.take(choice, exact[place] ?? {});
    }
  }

  #takeMember(name: string, value: unknown): void {
    const before = this.#members.get(name);
    // What fills a chunk up, so that its length tells nothing.
    if (name === "choices" || name === "obfuscation") return;
    if (name === "object") this.#members.set(name, "chat.completion");
    else if (envelope.has(name)) this.#members.set(name, isSaid(before) ? before : value);
    else if (name === "usage") this.#members.set(name, value ?? before ?? null);
    else this.#members.set(name, latest(before, value));
  }

  /**
   * Null where a choice said what a whole answer cannot, or may go on: some servers tell of no choice why
   * it stopped, but only that all is `done`, others the reasons and not that.
   */
  text(end: "done" | "open"): string | null {
    const inOrder = [...this.#choices].sort(([one], [other]) => one - other);
    const choices: JsonObject[] = [];
    for (const [index, growing] of inOrder) {
      const choice = growing.whole(index);
      if (choice === null || (end === "open" && choice["finish_reason"] === null)) return null;
      choices.push(choice);
    }
    if (choices.length === 0) return null;
    const { usage, ...members } = Object.fromEntries(this.#members);
    return JSON.stringify({ ...members, choices, ...(usage !== undefined && { usage }) });
  }
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "" && value !== 0;
}

/** Members of a choice that are read for themselves, or that no chunk should have. */
const ownMembers: ReadonlySet<string> = new Set(["index", "delta", "message", "finish_reason"]);

/** What is told token by token, like the text. The second is vLLM's. */
const ofTokens: ReadonlySet<string> = new Set(["logprobs", "token_ids"]);

class GrowingChoice {
  readonly #tracker: CallTracker;
  readonly #message = new Map<string, unknown>([
    ["role", "assistant"],
    ["content", null],
  ]);
  readonly #others = new Map<string, unknown>();
  readonly #calls = new Map<GrowingCall, unknown>();
  #finishReason: string | undefined;
  #hasPlace = true;

  constructor(tracker: CallTracker) {
    this.#tracker = tracker;
  }

  take({ index, delta, finishReason }: ChunkChoice, exact: JsonObject): void {
    this.#finishReason = finishReason ?? this.#finishReason;
    for (const [name, value] of Object.entries(exact)) {
      if (ownMembers.has(name)) continue;
      const join = ofTokens.has(name) ? joined : latest;
      this.#others.set(name, join(this.#others.get(name), value, name));
    }
    const exactDelta = exactObjectOf(exact["delta"]) ?? {};
    for (const [name, value] of Object.entries(exactDelta)) {
      if (name === "role" && !value) continue;
      if (name === "tool_calls" && arrayOf(value).length > 0) continue;
      this.#takeMember(name, value);
    }
    this.#takeCalls(index, delta, exactObjectsOf(exactDelta["tool_calls"]));
  }

  #takeMember(name: string, value: unknown): void {
    const before = this.#message.get(name);
    const whole = name === "content" ? joinedContent(before, value) : joined(before, value, name);
    this.#hasPlace &&= whole !== undefined && hasPlace(name, value);
    this.#message.set(name, name === "role" ? value : whole);
  }

  /** Which call a fragment belongs to is told by the same rule by which calls are judged. */
  #takeCalls(index: number, delta: JsonObject, elements: readonly JsonObject[]): void {
    const fragments = this.#tracker.take(index, delta);
    for (const [place, element] of elements.entries()) {
      const call = fragments[place]?.call;
      if (call === undefined) continue;
      this.#hasPlace &&= isOfTexts(element);
      // In a whole answer its place in the list says what the index says here.
      const inList = Object.fromEntries(Object.entries(element).filter(([name]) => name !== "index"));
      this.#calls.set(call, joined(this.#calls.get(call), inList, ""));
    }
  }

  whole(index: number): JsonObject | null {
    if (!this.#hasPlace) return null;
    if (this.#calls.size > 0) this.#message.set("tool_calls", [...this.#calls.values()]);
    const { logprobs, ...others } = Object.fromEntries(this.#others);
    return {
      index,
      message: Object.fromEntries(this.#message),
      ...(logprobs !== undefined && { logprobs }),
      finish_reason: this.#finishReason ?? null,
      ...others,
    };
  }
}

/** A text in pieces is a text again; pieces of sound, each encoded by itself, are no sound. */
function hasPlace(name: string, value: unknown): boolean {
  if (value === null) return true;
  if (name === "refusal") return typeof value === "string";
  if (name === "function_call") return isOfTexts({ function: value });
  return name !== "audio";
}

/** True where the arguments of a call, or of a piece of one, are text. */
export function isOfTexts(call: JsonObject): boolean {
  return [objectOf(call["function"])?.["arguments"], objectOf(call["custom"])?.["input"]].every(
    (value) => value === undefined || value === null || stringOf(value) !== undefined,
  );
}
