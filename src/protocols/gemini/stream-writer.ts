import type { LongstopError } from "../../exchange/error.ts";
import type { Turn } from "../../exchange/turn.ts";
import { applyEdits, setMembers } from "../../wire/json-edit.ts";
import { commentFrame, type Frame } from "../../wire/sse.ts";
import type { FrameRole, Release, StreamWriter } from "../protocol.ts";
import type { Chunk } from "./chunk.ts";
import { errorBody } from "./errors.ts";
import { fieldAt } from "./fields.ts";
import { addOutputTokens, ReleasePlan } from "./release-plan.ts";
import { dataFrame, pieceIn } from "./stream-frame.ts";

/** What all chunks of one stream have in common. */
const envelopeFields = ["responseId", "modelVersion"] as const;

/** Writes the chunks of one or several upstream turns as one stream. */
export class GeminiStreamWriter implements StreamWriter {
  /** The envelope as JSON texts, once a chunk of an answer has left. */
  #envelope: readonly (readonly [string, string])[] | undefined;
  /** The current turn is spliced behind another of which the client has seen something. */
  #spliced = false;

  pass(frame: Frame, role: FrameRole): Uint8Array | null {
    if (frame.isComment || role === "error") return frame.bytes;
    if (!this.#spliced) {
      this.#remember(frame);
      return frame.bytes;
    }
    return role === "preamble" ? null : this.#rewrite(frame, new ReleasePlan([]), 0);
  }

  release(held: readonly Frame[], _turn: Turn, release: Release): Uint8Array[] {
    const { changes, addOutputTokens: added, comment } = release;
    const untouched = !this.#spliced && changes.length === 0 && added === 0;
    const plan = new ReleasePlan(changes);
    const frames: Uint8Array[] = [];
    let noted = comment === undefined;
    for (const frame of held) {
      if (!noted && comment !== undefined && saysWhyItStopped(frame)) {
        frames.push(commentFrame(comment));
        noted = true;
      }
      const bytes = untouched ? frame.bytes : this.#rewrite(frame, plan, added);
      if (bytes !== null) frames.push(bytes);
    }
    if (!noted && comment !== undefined) frames.push(commentFrame(comment));
    return frames;
  }

  nextTurn(): void {
    this.#spliced = this.#envelope !== undefined;
  }

  error(error: LongstopError): Uint8Array {
    return dataFrame(JSON.stringify(errorBody(error)));
  }

  /** Learns the envelope from the first turn, whose frames are not otherwise looked at. */
  #remember(frame: Frame): void {
    if (this.#envelope !== undefined) return;
    const piece = pieceIn(frame);
    if (piece.kind === "chunk") this.#envelope = envelopeOf(piece.chunk);
  }

  /** One frame with the plan carried out, or null where nothing is left for the client. */
  #rewrite(frame: Frame, plan: ReleasePlan, added: number): Uint8Array | null {
    const piece = frame.isComment ? ({ kind: "nothing" } as const) : pieceIn(frame);
    if (piece.kind === "nothing") return this.#spliced ? null : frame.bytes;
    if (piece.kind !== "chunk") return frame.bytes;
    const { text, root } = piece.chunk;
    const { edits, says } = plan.edit(piece.chunk);
    if (edits.length > 0 && !says) return null;
    const all = [
      ...edits,
      ...(this.#spliced ? setMembers(text, root, this.#envelope ?? []) : []),
      ...addOutputTokens(text, root, added),
    ];
    return all.length === 0 ? frame.bytes : dataFrame(applyEdits(text, all));
  }
}

function envelopeOf({ text, root }: Chunk): readonly (readonly [string, string])[] {
  return envelopeFields.flatMap((name) => {
    const span = fieldAt(text, root, name);
    return span === undefined ? [] : [[name, text.slice(span.start, span.end)] as const];
  });
}

function saysWhyItStopped(frame: Frame): boolean {
  const piece = frame.isComment ? ({ kind: "nothing" } as const) : pieceIn(frame);
  return (
    piece.kind === "chunk" && piece.chunk.candidates.some(({ finishReason }) => finishReason !== undefined)
  );
}
