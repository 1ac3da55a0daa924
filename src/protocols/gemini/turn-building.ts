import type { Finish, Turn, TurnCall, Usage } from "../../exchange/turn.ts";
import { isObjectText } from "../../wire/object-text.ts";
import { stringOf } from "../../wire/json-value.ts";
import { CallTracker, type TrackedCall } from "./call-tracker.ts";
import type { Chunk, ChunkCandidate } from "./chunk.ts";
import { fieldOf } from "./fields.ts";
import { finishOf, meansBrokenCall, usageOf } from "./finish.ts";
import { isPlainText, type ContentPart } from "./parts.ts";
import { withArguments } from "./written-call.ts";

/**
 * A call that the API could not read has no part in the answer, and no id. This one takes the id's
 * place, so that what the model is told about it goes back as text.
 */
export const brokenCallId = "malformed_function_call";

/** A piece of a content: a part as it came, or a call that came in several. */
type Piece = { readonly part: ContentPart } | { readonly call: TrackedCall };

interface Candidate {
  readonly pieces: Piece[];
  finishReason: string | undefined;
  finishMessage: string;
}

/** Puts an answer together, from one chunk or from many. */
export class TurnBuilder {
  readonly #tracker = new CallTracker();
  readonly #candidates = new Map<number, Candidate>();
  #id = "";
  #usage: Usage | undefined;
  #blocked = false;

  take(chunk: Chunk): void {
    if (this.#id === "") this.#id = stringOf(fieldOf(chunk.body, "responseId")) ?? "";
    this.#usage = usageOf(chunk.body) ?? this.#usage;
    this.#blocked ||= chunk.blockReason !== undefined && chunk.candidates.length === 0;
    for (const candidate of chunk.candidates) this.#takeCandidate(candidate);
  }

  #takeCandidate({ index, parts, finishReason, finishMessage }: ChunkCandidate): void {
    const candidate = this.#candidates.get(index) ?? {
      pieces: [],
      finishReason: undefined,
      finishMessage: "",
    };
    this.#candidates.set(index, candidate);
    for (const part of parts) {
      const piece = this.#tracker.take(index, part);
      if (piece === undefined) candidate.pieces.push({ part });
      else if (piece.opens) candidate.pieces.push({ call: piece.call });
    }
    candidate.finishReason = finishReason ?? candidate.finishReason;
    candidate.finishMessage ||= finishMessage;
  }

  /** True once every candidate said why it stopped, or the request was refused. */
  get finished(): boolean {
    const all = [...this.#candidates.values()];
    return all.length === 0 ? this.#blocked : all.every(({ finishReason }) => finishReason !== undefined);
  }

  turn(complete: boolean): Turn {
    const first = this.#candidates.get(0);
    const parts = (first?.pieces ?? []).flatMap((piece) => ("part" in piece ? [piece.part] : []));
    return {
      id: this.#id,
      text: parts.map(({ said }) => said).join(""),
      calls: this.#calls(),
      providerCalls: parts.flatMap(({ providerCall }) => providerCall ?? []),
      finish: this.#finish(first),
      usage: this.#usage,
      choices: Math.max(1, this.#candidates.size),
      complete,
    };
  }

  #calls(): TurnCall[] {
    const calls: TurnCall[] = [];
    for (const [choice, { pieces, finishReason, finishMessage }] of this.#candidates) {
      const own = pieces.flatMap((piece) => ("call" in piece ? [piece.call] : []));
      const last = pieces.findLast((piece) => "call" in piece || !isSilent(piece.part));
      for (const call of own) {
        const { id, name, argumentsText, position } = call;
        // Nothing says whether the limit cut the last thing in an answer, or what would have come next.
        const isLast = last !== undefined && "call" in last && last.call === call;
        const truncated = finishReason === "MAX_TOKENS" && (isLast || !isObjectText(argumentsText));
        calls.push({ id, name, kind: "function", argumentsText, choice, position, truncated });
      }
      if (!meansBrokenCall(finishReason)) continue;
      const argumentsText = finishMessage;
      const call = { id: brokenCallId, name: nameInBrokenCall(finishMessage), argumentsText };
      calls.push({ ...call, kind: "function", choice, position: own.length, truncated: false });
    }
    return calls;
  }

  #finish(first: Candidate | undefined): Finish | null {
    if (first?.finishReason === undefined) return this.#blocked ? "refusal" : null;
    return finishOf(
      first.finishReason,
      first.pieces.some((piece) => "call" in piece),
    );
  }

  /**
   * The parts of the first candidate as the API wants them back: with the signatures on the parts that
   * they came on, plain text joined, arguments that are no object emptied.
   */
  parts(): string[] {
    const first = this.#candidates.get(0);
    const parts: string[] = [];
    let plain: ContentPart[] = [];
    const flush = (): void => {
      if (plain.length > 0) parts.push(...joined(plain));
      plain = [];
    };
    for (const piece of first?.pieces ?? []) {
      const isPlain = "part" in piece && isPlainText(piece.part.original);
      if (!isPlain || plain.some(({ kind }) => kind !== piece.part.kind)) flush();
      if (isPlain) plain.push(piece.part);
      else parts.push("part" in piece ? piece.part.original : wholeCall(piece.call));
    }
    flush();
    // What the model tried stands there as text: a part for a call that nobody can read there is not.
    if (meansBrokenCall(first?.finishReason))
      parts.push(JSON.stringify({ text: first?.finishMessage || "…" }));
    return parts;
  }
}

/** True for the empty text that a stream may end with for want of another part. */
function isSilent({ original, texts }: ContentPart): boolean {
  return texts.join("") === "" && isPlainText(original);
}

/** Neighbouring plain texts of one kind as one part; none where they say nothing, as some versions refuse. */
function joined(plain: readonly ContentPart[]): string[] {
  const [only, ...more] = plain;
  const text = plain.flatMap(({ texts }) => texts).join("");
  if (only === undefined || text === "") return [];
  if (more.length === 0) return [only.original];
  return [JSON.stringify(only.kind === "thinking" ? { text, thought: true } : { text })];
}

/** The part of a call with its arguments whole, as an object. */
function wholeCall({ first, argumentsText, inPieces }: TrackedCall): string {
  const isObject = isObjectText(argumentsText);
  if (isObject && !inPieces) return first.original;
  return withArguments(first.original, isObject ? argumentsText : "{}");
}

/**
 * The function that a call was meant for. The API quotes what the model wrote, which is code:
 * `Malformed function call: print(default_api.get_weather(city="Paris"`.
 */
function nameInBrokenCall(finishMessage: string): string {
  const said = finishMessage.slice(0, brokenCallLengthMax);
  const names = Array.from(said.matchAll(/([A-Za-z_][\w.-]*)\s{0,8}\(/g), ([, name = ""]) => name);
  const name = names.find((one) => one !== "print") ?? "";
  return name.replace(/^default_api\./, "");
}

/** How much of such a quotation is looked at, in characters. */
const brokenCallLengthMax = 2000;
