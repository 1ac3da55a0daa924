import { describe, expect, it, onTestFinished } from "vitest";
import OpenAI from "openai";
import { type Provider, startProvider } from "../../../examples/provider/provider.ts";
import { LongstopError } from "../../../src/exchange/error.ts";
import { attemptsFor, isUnsent, sendAgain } from "../../../src/proxy/deadlines/upstream-retries.ts";
import { type Presence } from "../../../src/proxy/presence.ts";
import { type UpstreamAnswer, UpstreamFailure } from "../../../src/proxy/upstream.ts";
import { freePort } from "../support/loopback.ts";
import { recordedLog } from "../support/recorded-log.ts";
import { startTestGateway } from "../support/running-gateway.ts";

const settings = { attemptsMax: 3, statuses: [429, 503], delayMs: 100, delayMsMax: 1_000 };
const unsent = new UpstreamFailure("no", new LongstopError("upstream_unreachable", "Refused."), null);
const maybe = new UpstreamFailure("maybe", new LongstopError("upstream_cut", "Broke off."), null);

function answered(status: number, headers: readonly string[] = []) {
  const answer = { status, headers, discarded: false, discard: () => void (answer.discarded = true) };
  return answer as typeof answer & UpstreamAnswer;
}

/** Plays what an upstream does, without a moment going by. */
function scene(...outcomes: readonly (UpstreamAnswer | Error)[]) {
  const waits: number[] = [];
  const { log } = recordedLog();
  const next = [...outcomes];
  let sent = 0;
  const send = (): Promise<UpstreamAnswer> => {
    sent++;
    const outcome = next.shift();
    return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome as UpstreamAnswer);
  };
  const clock = {
    now: () => 0,
    sleep: (ms: number) => {
      waits.push(ms);
      return Promise.resolve();
    },
  };
  const here: Presence = { left: false, onLeave: () => {} };
  const again = (
    first: UpstreamAnswer | UpstreamFailure,
    { attemptsMax = 3, remainingMs = Infinity, presence = here } = {},
  ): Promise<UpstreamAnswer> =>
    sendAgain(
      first,
      send,
      settings,
      { clock, log, random: () => 0.5 },
      {
        id: "x",
        presence,
        attemptsMax,
        deadline: { remainingMs },
      },
    );
  return { again, waits, sent: () => sent };
}

describe("a request to a model that came to nothing", () => {
  it("is made again after a wait that grows, until it comes to something", async () => {
    const { again, waits, sent } = scene(unsent, answered(503), answered(200));
    expect((await again(unsent)).status).toBe(200);
    expect(sent()).toBe(3);
    expect(waits).toEqual([50, 100, 200]);
  });

  it("lets go of the answers that it does not pass on", async () => {
    const first = answered(429);
    const last = answered(503);
    const { again } = scene(last);
    expect(await again(first, { attemptsMax: 1 })).toBe(last);
    expect([first.discarded, last.discarded]).toEqual([true, false]);
  });

  it("is given up with what came of it last", async () => {
    const { again, sent } = scene(unsent);
    await expect(again(answered(503), { attemptsMax: 1 })).rejects.toBe(unsent);
    expect(sent()).toBe(1);
    await expect(scene().again(unsent, { attemptsMax: 0 })).rejects.toBe(unsent);
  });

  it("waits for as long as the upstream asks", async () => {
    const { again, waits } = scene(answered(200));
    await again(answered(429, ["retry-after-ms", "700"]));
    expect(waits).toEqual([750]);
  });

  it("is passed on at once where the wait does not fit into the deadline, or is too long", async () => {
    const slow = answered(429, ["retry-after", "0.7"]);
    const { again, sent } = scene();
    expect(await again(slow, { remainingMs: 750 })).toBe(slow);
    const slower = answered(429, ["retry-after", "30"]);
    expect(await again(slower)).toBe(slower);
    expect(sent()).toBe(0);
  });

  it("is not made again for a client that is gone", async () => {
    const { again, sent } = scene();
    await expect(again(unsent, { presence: { left: true, onLeave: () => {} } })).rejects.toBe(unsent);
    expect(sent()).toBe(0);
  });

  it("is not made again where something may have been sent", async () => {
    expect(isUnsent(maybe)).toBe(false);
    const { again, sent } = scene(maybe);
    await expect(again(unsent)).rejects.toBe(maybe);
    expect(sent()).toBe(1);
  });

  it("is not made again where nothing can be other than it is", () => {
    const malformed = new LongstopError("request_malformed", "No.");
    expect(isUnsent(new UpstreamFailure("no", malformed, null))).toBe(false);
  });

  it("is its client's to make again where that does so", () => {
    expect([undefined, "0", "1", "2"].map((count) => attemptsFor(settings, count))).toEqual([3, 3, 0, 0]);
  });
});

async function gatewayFor(provider: Provider, upstreamRetries: object) {
  const gateway = await startTestGateway({
    upstreams: { openai: { url: provider.url } },
    upstreamRetries: { delayMs: 20, ...upstreamRetries },
  });
  onTestFinished(async () => {
    await gateway.stop();
    await provider.close();
  });
  return gateway;
}

const body = { model: "gpt-4o", messages: [{ role: "user" as const, content: "Hi" }] };

describe("an upstream that is asked once more", () => {
  it("is one that answers with a configured status", async () => {
    const busy = { error: { status: 503, message: "Overloaded." } };
    const provider = await startProvider([busy, busy, { text: "Now." }]);
    const gateway = await gatewayFor(provider, { attemptsMax: 2, statuses: [503] });
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "sk-1", maxRetries: 0 });
    const answer = await client.chat.completions.create(body);
    expect(answer.choices[0]?.message.content).toBe("Now.");
    expect(provider.requests).toHaveLength(3);
  });

  it("is not multiplied by the retries of its client", async () => {
    const provider = await startProvider(() => ({ error: { status: 503, message: "Overloaded." } }));
    const gateway = await gatewayFor(provider, { attemptsMax: 2, statuses: [503] });
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "sk-1", maxRetries: 2 });
    await expect(client.chat.completions.create(body)).rejects.toThrow("Overloaded.");
    // Two of the gateway's behind the client's first, and two of the client's own.
    expect(provider.requests).toHaveLength(5);
  });

  it("is none that answers with a status by default, nor one whose stream had begun", async () => {
    const provider = await startProvider([
      { error: { status: 503, message: "Overloaded." } },
      { text: ["One ", "two ", "three."], cutAfterEvents: 3 },
    ]);
    const gateway = await gatewayFor(provider, {});
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "sk-1", maxRetries: 0 });
    await expect(client.chat.completions.create(body)).rejects.toThrow("Overloaded.");
    const read = async (): Promise<void> => {
      const stream = await client.chat.completions.create({ ...body, stream: true });
      for await (const chunk of stream) expect(chunk.object).toBe("chat.completion.chunk");
    };
    await expect(read()).rejects.toThrow();
    expect(provider.requests).toHaveLength(2);
  });

  it("is one that was not there yet, once by default, and its run counts one request", async () => {
    const port = await freePort();
    const gateway = await startTestGateway({
      upstreams: { openai: { url: `http://127.0.0.1:${port}` } },
      upstreamRetries: { delayMs: 1_500, delayMsMax: 1_500 },
      posts: [{ guard: "run-limits", mode: "enforce", runCallsMax: 2 }],
    });
    onTestFinished(async () => void (await gateway.stop()));
    const ask = (): Promise<Response> =>
      fetch(`${gateway.url}/run/r1/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    expect((await ask()).status).toBe(503);
    const asked = (): number =>
      gateway.logged.filter(({ what }) => what === "the upstream is asked once more").length;
    expect(asked()).toBe(1);
    const provider = await startProvider(() => ({ text: "Here." }), { port });
    onTestFinished(() => provider.close());
    // Nothing of the first one was sent, so both places are free.
    expect([(await ask()).status, (await ask()).status, (await ask()).status]).toEqual([200, 200, 400]);
    expect(provider.requests).toHaveLength(2);
  });
});
