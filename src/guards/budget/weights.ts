import type { PromptPart, PromptSubject } from "../../exchange/moments.ts";
import { countTokensInTurns } from "../../text/tokens.ts";
import { mediaTokens } from "./media-tokens.ts";

/** What a message adds to a prompt, in tokens as its model counts them. */
interface Weight {
  readonly said: number;
  /** Of the model's reasoning, which a trim may take away although the message stays. */
  readonly thinking: number;
  /** Reasoning may stand there without a word that is shown, and so without a token. */
  readonly holdsThinking: boolean;
}

export interface Weights {
  /** System prompt and what guards append to it; the offered tools. Both stand outside the messages. */
  readonly system: number;
  readonly tools: number;
  readonly messages: readonly Weight[];
}

/**
 * What a provider adds around a message, and around each call and result, in o200k tokens: roles and
 * delimiters. Its sum is small; without it many short turns would be counted low.
 */
const tokensPerMessage = 4;
const tokensPerCall = 16;

/** The most that the prompt can weigh, without counting: no token is shorter than a byte of UTF-8. */
export function weightAtMost(subject: PromptSubject, ratio: number): number {
  let raw = 0;
  let media = 0;
  for (const part of subject.parts) {
    if (part.dropped) continue;
    raw += measured(part).bytes;
    media += mediaOf(part, subject.model);
  }
  for (const text of subject.appended) raw += Buffer.byteLength(text);
  for (const index of subject.messages.keys()) raw += overhead(subject, index);
  // Each weight is rounded up for itself: of a message twice, of what stands outside twice.
  return scaled(raw, ratio) + media + 2 * (subject.messages.length + 1);
}

/** What was found out about the texts of a part. */
interface Measured {
  /** That it was found out from these: the same list of texts may stand in another part. */
  readonly original: string;
  readonly kind: PromptPart["kind"];
  /** Length in UTF-8. */
  readonly bytes: number;
  tokens: number | undefined;
}

/** By the very list of texts: protocols read equal messages once, and give the same list again. */
const known = new WeakMap<readonly string[], Measured>();

function measured(part: PromptPart): Measured {
  const { currentTexts, original, kind } = part;
  const found = known.get(currentTexts);
  if (found !== undefined && found.kind === kind && found.original === original) return found;
  const bytes = textsOf(part).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const fresh = { original, kind, bytes, tokens: undefined };
  known.set(currentTexts, fresh);
  return fresh;
}

/** Counts every part that is still there, as it stands after earlier guards. */
export async function weigh(subject: PromptSubject, ratio: number): Promise<Weights> {
  const counts = await countParts(subject.parts);
  const appended = await countTokensInTurns(subject.appended);
  const outside = { system: appended.reduce((sum, count) => sum + count, 0), tools: 0 };
  const said = subject.messages.map((_, index) => overhead(subject, index));
  const thinking = subject.messages.map(() => 0);
  const media = subject.messages.map(() => 0);
  const reasoned = new Set<number>();
  for (const part of subject.parts) {
    if (part.dropped) continue;
    const count = counts[part.index] ?? 0;
    if (part.message < 0) outside[part.kind === "tools" ? "tools" : "system"] += count;
    else if (part.kind === "thinking") {
      add(thinking, part.message, count);
      reasoned.add(part.message);
    } else add(said, part.message, count);
    if (part.message >= 0) add(media, part.message, mediaOf(part, subject.model));
  }
  return {
    system: scaled(outside.system, ratio),
    tools: scaled(outside.tools, ratio),
    messages: said.map((count, index) => ({
      said: scaled(count, ratio) + (media[index] ?? 0),
      thinking: scaled(thinking[index] ?? 0, ratio),
      holdsThinking: reasoned.has(index),
    })),
  };
}

/** The count of each part, by its index. Texts that were counted before are not even looked at. */
async function countParts(parts: readonly PromptPart[]): Promise<readonly number[]> {
  const all = parts.map((part) => (part.dropped ? null : measured(part)));
  const uncounted = new Map<Measured, number>();
  const owners: Measured[] = [];
  const texts: string[] = [];
  for (const [index, found] of all.entries()) {
    const part = parts[index];
    if (part === undefined || found === null || found.tokens !== undefined || uncounted.has(found)) continue;
    uncounted.set(found, 0);
    for (const text of textsOf(part)) {
      owners.push(found);
      texts.push(text);
    }
  }
  for (const [at, count] of (await countTokensInTurns(texts)).entries()) {
    const owner = owners[at];
    if (owner !== undefined) uncounted.set(owner, (uncounted.get(owner) ?? 0) + count);
  }
  // Not before all is counted: while this waits, another request may ask for the same.
  for (const [found, tokens] of uncounted) found.tokens = tokens;
  return all.map((found) => found?.tokens ?? 0);
}

/** What is counted of a part as text: what a model reads of it, or else all of it. */
function textsOf(part: PromptPart): readonly string[] {
  if (part.kind === "tools") return [part.original];
  if (part.currentTexts.length > 0) return part.currentTexts;
  return part.media.length > 0 ? [] : [part.original];
}

function mediaOf(part: PromptPart, model: string): number {
  let tokens = 0;
  for (const media of part.media) {
    // A document that came as text is counted as that.
    if (media.base64 === undefined && media.kind === "document" && part.currentTexts.length > 0) continue;
    tokens += mediaTokens(media, model);
  }
  return tokens;
}

function overhead(subject: PromptSubject, index: number): number {
  const message = subject.messages[index];
  if (message === undefined) return 0;
  let results = 0;
  for (let at = message.partsFrom; at < message.partsTo; at += 1) {
    if (subject.parts[at]?.kind === "result") results += 1;
  }
  return tokensPerMessage + tokensPerCall * (message.callIds.length + results);
}

function scaled(count: number, ratio: number): number {
  // Ratios are hundredths; the rounding takes back what a binary fraction adds to a whole number.
  return Math.ceil(Math.round(count * ratio * 100) / 100);
}

function add(counts: number[], at: number, count: number): void {
  counts[at] = (counts[at] ?? 0) + count;
}
