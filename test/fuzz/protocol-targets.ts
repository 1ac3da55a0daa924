import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { LongstopError } from "../../src/exchange/error.ts";
import type { Prompt, PromptEdit } from "../../src/exchange/prompt.ts";
import type { Turn } from "../../src/exchange/turn.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";
import { protocols } from "../../src/protocols/index.ts";
import { FrameSplitter, SseError, type Frame } from "../../src/wire/sse.ts";
import { oneOf, pick, type Random, type Target } from "./fuzz.ts";
import { jsonWords, memberWords, streamWords } from "./words.ts";

const fixtures = path.join(import.meta.dirname, "../fixtures");
const nothing = { changes: [], addOutputTokens: 0, comment: undefined };

/** The files of a protocol's traffic whose names end so. */
function trafficOf(protocol: string, end: string, folder = ""): Uint8Array[] {
  const place = path.join(fixtures, protocol, folder);
  if (!existsSync(place)) return [];
  return readdirSync(place)
    .filter((name) => name.endsWith(end))
    .map((name) => readFileSync(path.join(place, name)));
}

/** What it gives, or the refusal's code. Any other error is a broken promise. */
function refusable<T>(work: () => T): { readonly value: T } | { readonly code: string } {
  try {
    return { value: work() };
  } catch (thrown) {
    if (thrown instanceof LongstopError) return { code: thrown.code };
    if (thrown instanceof SseError) return { code: "sse" };
    throw thrown;
  }
}

/** A byte order mark is let through as it came (RFC 8259 8.1), and `JSON.parse` does not know it. */
function withoutMark(text: string): string {
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/** A path at which this protocol is spoken. */
const paths: Readonly<Record<string, string>> = {
  "openai-chat": "/v1/chat/completions",
  "anthropic-messages": "/v1/messages",
  "openai-responses": "/v1/responses",
  gemini: "/v1beta/models/gemini-3-pro:generateContent",
};

function pathOf({ name }: Protocol): string {
  const found = paths[name];
  if (found === undefined) throw new Error(`Name a path of the protocol ${name} for the fuzzer.`);
  return found;
}

function editsOf(prompt: Prompt, random: Random): PromptEdit[] {
  const results = prompt.parts.filter(({ kind }) => kind === "result");
  const edits: PromptEdit[] = [];
  if (random() < 0.5) edits.push({ kind: "append-system", text: 'A "rule"\nfor all.' });
  if (results.length > 0 && random() < 0.5) {
    const part = oneOf(random, results);
    edits.push({ kind: "result-texts", part: part.index, texts: part.texts.map(() => "\u0000 framed é") });
  }
  if (prompt.offers.length > 0 && random() < 0.3) {
    edits.push({ kind: "remove-offer", offer: oneOf(random, prompt.offers).index });
  }
  return edits;
}

/** Any request: refused in words, or read so that edits leave a request that can be read again. */
function requestTarget(protocol: Protocol): Target {
  const at = pathOf(protocol);
  return {
    name: `${protocol.name} requests`,
    corpus: trafficOf(protocol.name, ".json", "requests"),
    words: [...jsonWords, ...memberWords],
    check(input, random) {
      const text = Buffer.from(input).toString("utf8");
      const read = refusable(() => protocol.readPrompt(text, at));
      if ("code" in read) return read.code;
      const prompt = read.value;
      if (protocol.editPrompt(prompt, []) !== text) throw new Error("Without edits the text is another one.");
      for (const { span, original } of prompt.parts) {
        if (text.slice(span.start, span.end) !== original) throw new Error("A part is not its own text.");
      }
      if (!isDeepStrictEqual(protocol.readPrompt(text, at), prompt)) {
        throw new Error("Read again, it is another prompt.");
      }
      const edits = editsOf(prompt, random);
      const edited = refusable(() => protocol.editPrompt(prompt, edits));
      if ("code" in edited) return `edit ${edited.code}`;
      JSON.parse(withoutMark(edited.value));
      const after = protocol.readPrompt(edited.value, at);
      if (after.messages.length < prompt.messages.length) throw new Error("A message was lost.");
      return `${Math.min(prompt.parts.length, 9)} parts, ${Math.min(prompt.offers.length, 3)} offers, ${edits.length}`;
    },
  };
}

/** Any JSON answer: refused in words, or given back as the very text where nothing is changed. */
function answerTarget(protocol: Protocol): Target {
  return {
    name: `${protocol.name} answers`,
    corpus: trafficOf(protocol.name, ".json"),
    words: [...jsonWords, ...memberWords],
    check(input) {
      const text = Buffer.from(input).toString("utf8");
      const read = refusable(() => protocol.readAnswer(text));
      if ("code" in read) return read.code;
      const { turn } = read.value;
      if (protocol.editAnswer(read.value, nothing) !== text)
        throw new Error("Unchanged, it is another text.");
      const changes = turn.calls.map((call) => ({ call, kind: "drop" as const }));
      const dropped = refusable(() => protocol.editAnswer(read.value, { ...nothing, changes }));
      if ("value" in dropped) JSON.parse(withoutMark(dropped.value));
      return `${turn.finish}, ${Math.min(turn.calls.length, 3)} calls, ${turn.text === ""}, ${"code" in dropped}`;
    },
  };
}

interface Relayed {
  readonly sent: Buffer;
  readonly came: Buffer;
  readonly turn: Turn;
  /** An upstream's error is written anew where some clients would not see it, or see a call in it. */
  readonly hasError: boolean;
}

/** Text passes, from the first call or end on all is held, and then released as it came. */
function relayed(protocol: Protocol, chunks: readonly Uint8Array[]): Relayed {
  const splitter = new FrameSplitter({ frameBytesMax: 1024 * 1024 });
  const reader = protocol.openReader();
  const writer = protocol.openWriter();
  const sent: Uint8Array[] = [];
  const came: Uint8Array[] = [];
  const held: Frame[] = [];
  let hasError = false;
  for (const frame of chunks.flatMap((chunk) => splitter.push(chunk))) {
    if (reader.ended) break;
    const role = reader.read(frame);
    hasError ||= role === "error";
    came.push(frame.bytes);
    if (role === "comment" && held.length === 0) sent.push(frame.bytes);
    else if (held.length > 0 || role === "call" || role === "end") held.push(frame);
    else sent.push(writer.pass(frame, role) ?? Buffer.alloc(0));
  }
  const turn = reader.turn();
  sent.push(...writer.release(held, turn, nothing));
  return { sent: Buffer.concat(sent), came: Buffer.concat(came), turn, hasError };
}

/** Any stream, cut anywhere: refused in words, or the same turn and the same bytes. */
function streamTarget(protocol: Protocol): Target {
  return {
    name: `${protocol.name} streams`,
    corpus: trafficOf(protocol.name, ".sse"),
    words: [...jsonWords, ...memberWords, ...streamWords],
    check(input, random) {
      const whole = refusable(() => relayed(protocol, [input]));
      const cut = pick(random, input.length + 1);
      const inTwo = refusable(() => relayed(protocol, [input.subarray(0, cut), input.subarray(cut)]));
      if ("code" in whole || "code" in inTwo) {
        if ("code" in whole && "code" in inTwo) return whole.code;
        throw new Error("It was refused in one piece or in two, but not in both.");
      }
      const { sent, came, hasError } = whole.value;
      if (!hasError && !sent.equals(came)) throw new Error("Unchanged, the bytes are others.");
      if (!isDeepStrictEqual(whole.value.turn, inTwo.value.turn))
        throw new Error("Cut in two, it is another turn.");
      const { turn } = whole.value;
      return `${turn.finish}, ${Math.min(turn.calls.length, 3)} calls, ${turn.complete}, ${turn.text === ""}`;
    },
  };
}

export const protocolTargets: readonly Target[] = protocols.flatMap((protocol) => [
  requestTarget(protocol),
  answerTarget(protocol),
  streamTarget(protocol),
]);
