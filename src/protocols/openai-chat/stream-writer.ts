import type { LongstopError } from "../../exchange/error.ts";
import type { Turn } from "../../exchange/turn.ts";
import { applyEdits, removeMembers, setMembers, type TextEdit } from "../../wire/json-edit.ts";
import { elements, member, rootSpan, typeAt } from "../../wire/json-text.ts";
import { objectOf } from "../../wire/json-value.ts";
import { commentFrame, eventFrame, type Frame } from "../../wire/sse.ts";
import type { FrameRole, Release, StreamWriter } from "../protocol.ts";
import { readChunk, saysSomething, type Chunk } from "./chunk.ts";
import { errorBody } from "../openai-errors.ts";
import { CallPlan } from "./call-plan.ts";
import { addOutputTokens } from "./usage-edit.ts";

type DataChunk = Chunk & { kind: "chunk" };

/** What all chunks of one stream have in common: clients tell answers apart by it. */
const envelopeKeys = ["id", "created", "model"] as const;

/** Writes the chunks of one or several upstream turns as one stream. */
export class ChatStreamWriter implements StreamWriter {
  /** The envelope as JSON texts, once a chunk of an answer has left. */
  #envelope: readonly (readonly [string, string])[] | undefined;
  /** A delta with the role has left. */
  #opened = false;
  /** The current turn is spliced behind another of which the client has seen something. */
  #spliced = false;

  pass(frame: Frame, role: FrameRole): Uint8Array | null {
    if (frame.isComment || role === "error") return frame.bytes;
    if (!this.#spliced) {
      this.#remember(frame);
      return frame.bytes;
    }
    return this.#rewrite(frame, CallPlan.unchanged(), 0);
  }

  release(
    held: readonly Frame[],
    turn: Turn,
    { changes, addOutputTokens: added, comment }: Release,
  ): Uint8Array[] {
    const untouched = !this.#spliced && changes.length === 0 && added === 0;
    const plan = new CallPlan(turn, changes);
    const frames: Uint8Array[] = [];
    let noted = comment === undefined;
    for (const frame of held) {
      if (!noted && comment !== undefined && readChunk(frame).kind === "done") {
        frames.push(commentFrame(comment));
        noted = true;
      }
      const bytes = untouched ? frame.bytes : this.#rewrite(frame, plan, added);
      if (bytes !== null) frames.push(bytes);
    }
    if (!noted && comment !== undefined) {
      if (!isClosed(frames.at(-1))) frames.push(Buffer.from("\n\n"));
      frames.push(commentFrame(comment));
    }
    return frames;
  }

  nextTurn(): void {
    this.#spliced = this.#envelope !== undefined;
  }

  error(error: LongstopError): Uint8Array {
    return eventFrame({ data: JSON.stringify({ error: errorBody(error) }) });
  }

  /** Learns the envelope from the first turn, whose frames are not otherwise looked at. */
  #remember(frame: Frame): void {
    if (this.#envelope !== undefined && this.#opened) return;
    const chunk = readChunk(frame);
    // A chunk without choices may come before the answer, with an empty id.
    if (chunk.kind !== "chunk" || chunk.choices.length === 0) return;
    this.#opened ||= chunk.choices.some(({ delta }) => typeof delta["role"] === "string");
    this.#envelope ??= envelopeKeys.flatMap((key) => {
      const value = chunk.body[key];
      return value === undefined ? [] : [[key, JSON.stringify(value)] as const];
    });
  }

  /** One frame with the plan carried out, or null where nothing is left for the client. */
  #rewrite(frame: Frame, plan: CallPlan, added: number): Uint8Array | null {
    const chunk = readChunk(frame);
    if (chunk.kind === "nothing") return this.#spliced ? null : frame.bytes;
    if (chunk.kind !== "chunk") return frame.bytes;
    const { edits, left } = this.#editChoices(chunk, plan);
    if (this.#spliced) edits.push(...this.#editEnvelope(chunk));
    edits.push(...addOutputTokens(chunk.text, rootSpan(chunk.text), added));
    if (edits.length === 0) return frame.bytes;
    if (!left && objectOf(chunk.body["usage"]) === undefined) return null;
    const { event } = frame;
    return eventFrame({ ...(event !== undefined && { event }), data: applyEdits(chunk.text, edits) });
  }

  #editChoices(chunk: DataChunk, plan: CallPlan): { edits: TextEdit[]; left: boolean } {
    const { text, choices } = chunk;
    const list = member(text, rootSpan(text), "choices");
    if (list === undefined || choices.length === 0) return { edits: [], left: false };
    const spans = elements(text, list).filter((span) => typeAt(text, span) === "object");
    const edits: TextEdit[] = [];
    let left = false;
    for (const [place, choice] of choices.entries()) {
      const span = spans[place] ?? list;
      const delta = member(text, span, "delta");
      const reason = member(text, span, "finish_reason");
      const gone = new Set<string>();
      if (this.#spliced && this.#opened) gone.add("role");
      if (delta !== undefined && typeAt(text, delta) === "object") {
        const ofCalls = plan.editDelta(text, delta, choice);
        edits.push(...ofCalls.edits);
        for (const key of ofCalls.gone) gone.add(key);
        edits.push(...removeMembers(text, delta, gone));
      }
      const stays = Object.entries(choice.delta).filter(([key]) => !gone.has(key));
      if (stays.some(([key]) => key === "role")) this.#opened = true;
      left ||= choice.finishReason !== undefined || "role" in Object.fromEntries(stays);
      left ||= saysSomething(Object.fromEntries(stays));
      if (reason !== undefined && plan.endsWithoutCalls(choice)) edits.push({ ...reason, text: '"stop"' });
    }
    return { edits, left };
  }

  #editEnvelope({ text, body, choices }: DataChunk): TextEdit[] {
    const values: (readonly [string, string])[] = [...(this.#envelope ?? [])];
    // Some providers report usage in every chunk. Of a spliced turn only the last report counts.
    const ends = choices.length === 0 || choices.some(({ finishReason }) => finishReason !== undefined);
    if (!ends && objectOf(body["usage"]) !== undefined) values.push(["usage", "null"]);
    return setMembers(text, rootSpan(text), values);
  }
}

/** Some servers leave the blank line behind the last frame out; what follows would be part of it. */
function isClosed(frame: Uint8Array | undefined): boolean {
  const last = frame?.at(-1);
  return last === undefined || last === 0x0a || last === 0x0d;
}
