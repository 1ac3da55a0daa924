import { isDeepStrictEqual } from "node:util";
import { answerBody } from "./bodies.ts";
import type { Started } from "./turns.ts";

// A figure of a subject that gives wrong answers means nothing, so each is asked once before it is measured.

interface Choice {
  readonly finish_reason: string | null;
  readonly message?: unknown;
  readonly delta?: { readonly content?: string | null };
}

async function ask(started: Started, body: string): Promise<string> {
  const answer = await fetch(`${started.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer bench", ...started.headers },
    body,
  });
  const text = await answer.text();
  if (answer.status !== 200)
    throw new Error(`${started.subject.title} answers ${answer.status}: ${text.slice(0, 300)}`);
  return text;
}

/** Throws unless the subject hands the mock's whole answer on. */
export async function checkWhole(started: Started, body: string): Promise<void> {
  const text = await ask(started, body);
  const choices = (json: string): unknown => (JSON.parse(json) as { choices: unknown }).choices;
  if (!isDeepStrictEqual(choices(text), choices(answerBody)))
    throw new Error(`${started.subject.title} changes the answer: ${text.slice(0, 300)}`);
}

/** Throws unless the subject hands on a stream of `events` text events, whole and in order. */
export async function checkStream(started: Started, body: string, events: number): Promise<void> {
  const text = await ask(started, body);
  const lines = text
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice("data:".length).trim());
  const choices = lines
    .slice(0, -1)
    .flatMap((line) => (JSON.parse(line) as { choices: readonly Choice[] }).choices);
  const texts = choices.filter(({ delta }) => (delta?.content ?? "") !== "").length;
  const finishes = choices.map(({ finish_reason: reason }) => reason).filter((reason) => reason !== null);
  if (lines.at(-1) !== "[DONE]" || texts !== events || !isDeepStrictEqual(finishes, ["stop"]))
    throw new Error(
      `${started.subject.title} changes the stream: ${texts} of ${events} events, ending in ${lines.slice(-2).join(" ")}`,
    );
}
