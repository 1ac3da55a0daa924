import { randomBytes } from "node:crypto";
import {
  argumentsText,
  fragments,
  isObject,
  joined,
  piecesOf,
  roughTokens,
  type Answer,
  type Json,
  type Piece,
  type Said,
  type ScriptedCall,
  type ScriptRequest,
} from "./answer.ts";
import type { Rendered } from "./chat-answer.ts";
import { field, geminiAddress, thoughtSignature } from "./gemini-request.ts";

// The Gemini API, whole and streamed: https://ai.google.dev/api/generate-content

const finishWords: Readonly<Record<string, string>> = {
  stop: "STOP",
  calls: "STOP",
  length: "MAX_TOKENS",
  refusal: "SAFETY",
};

/** A candidate: the JSON texts of its parts as a stream has them, and as a whole answer has them. */
interface Candidate {
  readonly index: number;
  readonly streamed: readonly string[];
  readonly whole: readonly string[];
  readonly finishReason: string;
  readonly finishMessage: string | undefined;
}

export function renderGemini(request: ScriptRequest, answer: Answer): Rendered {
  const address = geminiAddress(request.path);
  const candidates = saidBy(request.parsed, answer).map(candidateOf);
  const output = candidates
    .map(({ whole }) => roughTokens(whole.join("")))
    .reduce((sum, one) => sum + one, 0);
  const closing = {
    modelVersion: address?.model ?? "",
    responseId: randomBytes(12).toString("base64url"),
    ...(answer.extras === true ? { futureField: { nested: [1.5, null] } } : {}),
  };
  const usage = usageOf(request.body, answer, output);
  const response = (list: readonly string[], said: number): string =>
    `{"candidates":[${list.join(",")}],"usageMetadata":${JSON.stringify(usage(said))},${JSON.stringify(closing).slice(1)}`;
  const chunks = candidates.flatMap((one) => chunksOf(one).map((chunk, at) => response([chunk], at + 1)));
  // The last count is that of the whole answer.
  const last = candidates.at(-1);
  if (last !== undefined) chunks[chunks.length - 1] = response([chunksOf(last).at(-1) ?? ""], output);
  const frames = chunks.map((chunk) => `data: ${chunk}\r\n\r\n`);
  if (answer.extras === true) frames.splice(1, 0, ": a comment of the provider\r\n\r\n");
  const json =
    address?.form === "list"
      ? `[${chunks.join(",\r\n")}]`
      : response(
          candidates.map((one) => candidateText(one, one.whole, true)),
          output,
        );
  return { json, frames };
}

function saidBy(request: Json, answer: Answer): readonly Said[] {
  if (answer.choices !== undefined) return answer.choices;
  const config = field(request, "generationConfig");
  const count = isObject(config) ? field(config, "candidateCount") : undefined;
  return Array.from({ length: typeof count === "number" ? count : 1 }, () => answer);
}

/** Broken arguments never arrive here: the API reads the model's call, and says that it could not. */
function candidateOf(said: Said, index: number): Candidate {
  const pieces = piecesOf(said);
  const broken = pieces.flatMap((piece) =>
    "call" in piece && !isReadable(piece.call) ? [piece.call] : [],
  )[0];
  if (broken !== undefined) {
    const finishMessage = `Malformed function call: print(default_api.${broken.name}(${argumentsText(broken)}`;
    return { index, streamed: [], whole: [], finishReason: "MALFORMED_FUNCTION_CALL", finishMessage };
  }
  let isFirst = true;
  const parts = pieces.map((piece) => {
    if (!("call" in piece)) return partsOf(piece);
    // Of parallel calls only the first is signed.
    const signature = isFirst ? { thoughtSignature: thoughtSignature() } : {};
    isFirst = false;
    return [callPart(piece.call, signature)];
  });
  const finish = said.finish ?? "stop";
  return {
    index,
    streamed: parts.flat(),
    whole: pieces.flatMap((piece, at) => ("call" in piece ? (parts[at] ?? []) : partsOf(wholePiece(piece)))),
    finishReason: finishWords[finish] ?? finish,
    finishMessage: undefined,
  };
}

function isReadable(call: ScriptedCall): boolean {
  try {
    return isObject(JSON.parse(argumentsText(call)));
  } catch {
    return false;
  }
}

function wholePiece(piece: Piece): Piece {
  if ("text" in piece) return { text: [joined(piece.text)] };
  return "thinking" in piece ? { thinking: [joined(piece.thinking)] } : piece;
}

function partsOf(piece: Piece): string[] {
  if ("text" in piece) return fragments(piece.text).map((text) => JSON.stringify({ text }));
  if ("thinking" in piece) {
    return fragments(piece.thinking).map((text) => JSON.stringify({ text, thought: true }));
  }
  if ("redacted" in piece) return [JSON.stringify({ text: "", thoughtSignature: thoughtSignature() })];
  return "block" in piece ? [JSON.stringify(piece.block)] : [];
}

/** Arguments stand there exactly as the script has them: duplicate names and odd numbers survive. */
function callPart(call: ScriptedCall, signature: Json): string {
  const id = call.id ?? `fn_${randomBytes(6).toString("hex")}`;
  const head = JSON.stringify({ name: call.name, ...(id === "" ? {} : { id }) });
  const own = `{"functionCall":${head.slice(0, -1)},"args":${argumentsText(call)}}`;
  return Object.keys(signature).length === 0 ? `${own}}` : `${own},${JSON.stringify(signature).slice(1)}`;
}

function candidateText(one: Candidate, parts: readonly string[], isLast: boolean): string {
  const content = parts.length === 0 ? "{}" : `{"parts":[${parts.join(",")}],"role":"model"}`;
  const message =
    one.finishMessage === undefined ? "" : `,"finishMessage":${JSON.stringify(one.finishMessage)}`;
  const end = isLast ? `,"finishReason":${JSON.stringify(one.finishReason)}` : "";
  return `{"content":${content}${end},"index":${one.index}${isLast ? message : ""}}`;
}

/** One chunk for each part; the last says why the answer ended. */
function chunksOf(one: Candidate): string[] {
  if (one.streamed.length === 0) return [candidateText(one, [], true)];
  return one.streamed.map((part, at) => candidateText(one, [part], at === one.streamed.length - 1));
}

/** Counts grow from chunk to chunk. */
function usageOf(body: string, { usage = {} }: Answer, output: number): (said: number) => Json {
  const promptTokenCount = usage.input ?? roughTokens(body);
  return (said) => {
    const candidatesTokenCount = said >= output ? (usage.output ?? output) : said;
    const thoughts = usage.reasoning === undefined ? {} : { thoughtsTokenCount: usage.reasoning };
    const cached = usage.cacheRead === undefined ? {} : { cachedContentTokenCount: usage.cacheRead };
    const totalTokenCount = promptTokenCount + candidatesTokenCount + (usage.reasoning ?? 0);
    return { promptTokenCount, candidatesTokenCount, totalTokenCount, ...thoughts, ...cached };
  };
}
