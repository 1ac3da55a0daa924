import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Provider, startProvider } from "../../../examples/provider/provider.ts";
import { timelineOf } from "../../../src/cli/run-timeline.ts";
import { factKinds, subjectOfRun, type TurnGivenUpFact } from "../../../src/exchange/run-facts.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { startTestGateway, type RunningGateway } from "../support/running-gateway.ts";
import { openStore } from "../../cli/ledgers.ts";

let provider: Provider;
let gateway: RunningGateway;

let text: readonly string[];
const short = Array.from({ length: 400 }, () => "seven more words are not many here ");
const prices = { "claude-*": { input: 10, output: 100 } };

beforeEach(async () => {
  text = short;
  provider = await startProvider(() => ({ text, eventDelayMs: 20, usage: { input: 1234, output: 9 } }));
  gateway = await startTestGateway({
    upstreams: { openai: { url: provider.url }, anthropic: { url: provider.url } },
    turns: { mode: "enforce", graceSeconds: 1 },
    posts: [
      { guard: "tool-schema", mode: "enforce" },
      { guard: "run-limits", mode: "off", prices },
    ],
  });
});
afterEach(async () => {
  await gateway.stop();
  await provider.close();
});

const given = "an answer was given up: its client was gone, and nobody came for it";
const logged = (): Readonly<Record<string, unknown>> | undefined =>
  gateway.logged.find(({ what }) => what === given)?.fields;

/** Asks for a stream, reads a piece of it, and never comes back. */
async function leave(path: string, model: string): Promise<void> {
  const leaving = new AbortController();
  const answer = await fetch(gateway.url + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: "Bearer sk-1",
      ...(model.startsWith("claude") && { "anthropic-version": "2023-06-01" }),
    },
    body: JSON.stringify({
      model,
      stream: true,
      max_tokens: 100,
      messages: [{ role: "user", content: "Hi there" }],
    }),
    signal: leaving.signal,
  });
  await answer.body?.getReader().read();
  leaving.abort();
  await expect.poll(logged, { timeout: 10_000 }).toBeDefined();
}

describe("an answer that nobody came for", () => {
  it("is in the log with its tokens, counted where the upstream did not say them", async () => {
    await leave("/v1/chat/completions", "gpt-4o");
    expect(logged()).toMatchObject({
      turn: null,
      target: "openai",
      model: "gpt-4o",
      estimated: true,
      cost: null,
    });
    const { outputTokens, bytes, ms, inputTokens } = logged() as unknown as TurnGivenUpFact;
    expect(Math.min(outputTokens, bytes, ms, inputTokens)).toBeGreaterThan(0);
    await expect.poll(() => provider.requests[0]?.outcome).toBe("client-gone");
  });

  it("is told with all of it, also where its beginning is in the ledger alone", async () => {
    text = short.map((words) => words.repeat(40));
    await leave("/run/r/v1/chat/completions", "gpt-4o");
    const { outputTokens, bytes } = logged() as unknown as TurnGivenUpFact;
    expect(bytes).toBeGreaterThan(30_000);
    expect(outputTokens).toBeGreaterThan(6_000);
  });

  it("of a run is in the ledger too, with what the upstream said and what it cost", async () => {
    await leave("/run/r/attempt/a/v1/messages", "claude-sonnet-4-5");
    const ledger = await openStore(gateway.ledgerFile, { nowMs: Date.now() }, "operator");
    const facts = (): ReturnType<Ledger["facts"]> =>
      ledger.facts("local", subjectOfRun("r"), factKinds.turnGivenUp);
    await expect.poll(async () => (await facts()).length, { timeout: 5000 }).toBe(1);
    const fact = (await facts())[0]?.value as TurnGivenUpFact;
    expect(fact).toMatchObject({ target: "anthropic", attempt: "a", inputTokens: 1234, estimated: true });
    // A second of seven words each 20 ms: what was said at the beginning is not all.
    expect(fact.outputTokens).toBeGreaterThan(9);
    expect(fact.cost).toBeCloseTo((1234 * 10 + fact.outputTokens * 100) / 1_000_000, 9);
    const { entries } = await timelineOf(
      ledger,
      { tenant: "local", run: "r", limit: 9, skip: 0 },
      Date.now(),
    );
    const line = entries.find(({ what }) => what === "given-up");
    expect(line?.attempt).toBe("a");
    expect(line?.words).toMatch(
      /^anthropic claude-sonnet-4-5: nobody came for it, after [^,]+, \d+ bytes, about 1234 \+ \d+ tokens, cost [\d.]+ \(turn [\w-]+\)$/,
    );
  });
});
