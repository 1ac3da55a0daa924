import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Provider, startProvider } from "../../examples/provider/provider.ts";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";

const words = Array.from({ length: 150 }, (_, at) => `${at} ${"x".repeat(1000)} `);
const all = words.join("");
/** More than what is kept of a stream that is written down. */
const many = 60;

let provider: Provider;
let gateway: RunningGateway;

async function start(more: Parameters<typeof startTestGateway>[0] = {}): Promise<void> {
  gateway = await startTestGateway({
    upstreams: { openai: { url: provider.url } },
    turns: { mode: "enforce", graceSeconds: 20 },
    drainSeconds: 0,
    ...more,
  });
}

beforeEach(async () => {
  provider = await startProvider(() => ({ text: words, eventDelayMs: 15 }));
});
afterEach(async () => {
  await gateway.stop();
  await provider.close();
});

const messages = [{ role: "user" as const, content: "Tell it at length." }];

function clientOf(headers: Readonly<Record<string, string>> = {}): OpenAI {
  return new OpenAI({
    apiKey: "sk-1",
    baseURL: `${gateway.url}/run/long/v1`,
    maxRetries: 0,
    defaultHeaders: headers,
  });
}

interface Read {
  readonly text: string;
  readonly isReplayed: boolean;
}

/** Reads a stream to its end, or leaves it after so many pieces. */
async function read(client: OpenAI, piecesMax = Infinity): Promise<Read> {
  const { data, response } = await client.chat.completions
    .create({ model: "gpt-4o", messages, stream: true })
    .withResponse();
  let text = "";
  let pieces = 0;
  for await (const { choices } of data) {
    text += choices[0]?.delta.content ?? "";
    if (++pieces >= piecesMax) break;
  }
  return { text, isReplayed: response.headers.get("longstop-replayed") === "true" };
}

describe("a long stream of a run, whose beginning is in the ledger alone", () => {
  it("is given from its beginning to the retry of a client that left it, while it is made", async () => {
    await start();
    const first = await read(clientOf(), many);
    expect(all.startsWith(first.text)).toBe(true);
    await sleep(500);
    const second = await read(clientOf());
    expect([second.text === all, second.isReplayed]).toEqual([true, true]);
    expect(provider.requests).toHaveLength(1);
  });

  it("is given to more than one, and to who wants one document", async () => {
    await start();
    const staying = read(clientOf());
    await sleep(1200);
    const retry = { "x-stainless-retry-count": "1" };
    const document = clientOf(retry).chat.completions.create({ model: "gpt-4o", messages });
    const stream = read(clientOf(retry));
    expect((await document).choices[0]?.message.content).toBe(all);
    expect([(await staying).text, (await stream).text]).toEqual([all, all]);
    expect(provider.requests).toHaveLength(1);
  });

  it("ends at its deadline with an error event of its protocol, and its retry gets all of it", async () => {
    await start();
    const late = read(clientOf({ "longstop-deadline": "2.5" }));
    await expect(late).rejects.toThrow(/within 1.5 s/);
    const again = await read(clientOf());
    expect([again.text === all, again.isReplayed]).toEqual([true, true]);
    expect(provider.requests).toHaveLength(1);
  });
});
