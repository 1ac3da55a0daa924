import { GrowingText } from "../../wire/growing-text.ts";
import { rootSpan, typeAt } from "../../wire/json-text.ts";
import type { CallTracker, TrackedCall } from "./call-tracker.ts";
import { fieldAt } from "./fields.ts";
import { isPlainText, type ContentPart } from "./parts.ts";
import { withArguments } from "./written-call.ts";

/** Plain text that may go on in the next chunk. */
interface PlainText {
  readonly part: ContentPart;
  /** The text as JSON, without its quotation marks. */
  readonly inside: GrowingText;
  /** The last chunk that it came in. */
  chunk: number;
  isJoined: boolean;
}

type Piece = PlainText | { readonly call: TrackedCall } | { readonly original: string };

/**
 * The parts of a candidate, put together as a whole answer has them: a text goes on in the next chunk where
 * that one begins with a text of the same kind and neither has a signature, which would then stand on
 * another part (https://ai.google.dev/gemini-api/docs/thought-signatures). What one chunk holds stays apart.
 */
export class GrowingContent {
  readonly #calls: CallTracker;
  readonly #pieces: Piece[] = [];
  #chunks = 0;

  constructor(calls: CallTracker) {
    this.#calls = calls;
  }

  /** Takes the parts of one chunk. */
  take(choice: number, parts: readonly ContentPart[]): void {
    if (parts.length > 0) this.#chunks++;
    for (const part of parts) {
      const piece = this.#calls.take(choice, part);
      if (piece === undefined) this.#takePart(part);
      else if (piece.opens) this.#pieces.push({ call: piece.call });
    }
  }

  #takePart(part: ContentPart): void {
    const inside = plainText(part);
    if (inside === undefined) {
      this.#pieces.push({ original: part.original });
      return;
    }
    const last = this.#pieces.at(-1);
    if (last !== undefined && "inside" in last && last.chunk < this.#chunks && last.part.kind === part.kind) {
      last.inside.append(inside);
      last.chunk = this.#chunks;
      last.isJoined = true;
    } else {
      const begun = { part, inside: new GrowingText(), chunk: this.#chunks, isJoined: false };
      begun.inside.append(inside);
      this.#pieces.push(begun);
    }
  }

  /** JSON texts of the parts; null where a call was announced to go on and did not. */
  parts(): readonly string[] | null {
    if (this.#pieces.some((piece) => "call" in piece && piece.call.isOpen)) return null;
    const said = this.#chunks > 1 ? this.#pieces.filter((piece) => !isSilent(piece)) : this.#pieces;
    return (said.length > 0 ? said : this.#pieces.slice(0, 1)).map(partText);
  }
}

/** True for the empty text with which a stream may begin or end, for want of another part. */
function isSilent(piece: Piece): boolean {
  return "inside" in piece && piece.inside.isEmpty;
}

/** The inside of the text of a part that has nothing else; undefined for any other part. */
function plainText({ original }: ContentPart): string | undefined {
  if (!isPlainText(original)) return undefined;
  const span = fieldAt(original, rootSpan(original), "text");
  return span !== undefined && typeAt(original, span) === "string"
    ? original.slice(span.start + 1, span.end - 1)
    : undefined;
}

function partText(piece: Piece): string {
  if ("original" in piece) return piece.original;
  if ("call" in piece) {
    const { first, argumentsText, inPieces } = piece.call;
    return inPieces ? withArguments(first.original, argumentsText) : first.original;
  }
  if (!piece.isJoined) return piece.part.original;
  return `{"text":"${piece.inside.toString()}"${piece.part.kind === "thinking" ? ',"thought":true' : ""}}`;
}
