import { describe, expect, it, onTestFinished } from "vitest";
import { type Answer } from "../../../examples/provider/answer.ts";
import { type Provider, startProvider } from "../../../examples/provider/provider.ts";
import { limitWork } from "../../../src/proxy/deadlines/work-limits.ts";
import { Stopping } from "../../../src/proxy/stopping.ts";
import { targetOf } from "../support/engine-settings.ts";
import { startTestGateway } from "../support/running-gateway.ts";
import { startHttp } from "../support/loopback.ts";

async function asked(
  upstream: string,
  timeouts: object,
  stream: boolean,
  more: object = {},
): Promise<{ status: number; text: string; ms: number }> {
  const gateway = await startTestGateway({ upstreams: { openai: { url: upstream } }, timeouts, ...more });
  onTestFinished(async () => void (await gateway.stop()));
  const sinceMs = performance.now();
  const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content: "Hi" }], stream }),
  });
  return { status: answer.status, text: await answer.text(), ms: performance.now() - sinceMs };
}

async function providing(answer: Answer): Promise<Provider> {
  const provider = await startProvider(() => answer);
  onTestFinished(() => provider.close());
  return provider;
}

const tale: Answer = { text: Array.from({ length: 60 }, (_, at) => `${at} `), eventDelayMs: 100 };

describe("the time that an upstream has for an answer", () => {
  it("is over once, and not once its end was said", async () => {
    const stopping = new Stopping({ left: false, onLeave: () => {} });
    limitWork(1, stopping, targetOf("openai", "http://x"), "totalMs")();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(stopping.reason).toBeNull();
    limitWork(1, stopping, targetOf("openai", "http://x"), "firstTokenMs");
    await expect.poll(() => stopping.reason).toMatchObject({ code: "upstream_timeout", status: 400 });
  });

  it.each([false, true])("is one for all of it, by configuration (stream: %s)", async (stream) => {
    const provider = await providing(stream ? tale : { text: "Late.", delayMs: 6_000 });
    const { status, text, ms } = await asked(provider.url, { totalMs: 1_000 }, stream);
    expect(status).toBe(stream ? 200 : 400);
    expect(text).toContain("was not done with its answer in time (timeouts.totalMs)");
    expect(ms).toBeLessThan(5_000);
    await expect.poll(() => provider.requests[0]?.outcome, { timeout: 3_000 }).toBe("client-gone");
  });

  it("ends a turn for those who wait for it, whoever they are", async () => {
    const provider = await providing({ text: "Late.", delayMs: 6_000 });
    const turns = { turns: { mode: "enforce" } };
    const { status, text } = await asked(provider.url, { totalMs: 1_000 }, false, turns);
    expect([status, text]).toEqual([400, expect.stringContaining("upstream_timeout")]);
    await expect.poll(() => provider.requests[0]?.outcome, { timeout: 3_000 }).toBe("client-gone");
  });

  it("is no limit where none is configured, nor one on a stream that says something", async () => {
    const provider = await providing({ ...tale, text: ["1 ", "2 ", "3 ", "4 ", "5."], eventDelayMs: 400 });
    const { text } = await asked(provider.url, { firstTokenMs: 1_500 }, true);
    expect(text).toContain("[DONE]");
  });

  it("is bounded before the first token, also where something else keeps coming", async () => {
    const { origin } = await startHttp((incoming, outgoing) => {
      incoming.resume();
      outgoing.writeHead(200, { "content-type": "text/event-stream" });
      const role = { choices: [{ index: 0, delta: { role: "assistant", content: "" } }] };
      outgoing.write(`data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", ...role })}\n\n`);
      const beat = setInterval(() => outgoing.write(": PROCESSING\n\n"), 100);
      outgoing.on("close", () => clearInterval(beat));
    });
    const { text, ms } = await asked(origin, { firstTokenMs: 1_500 }, true);
    expect(text).toContain("said nothing of its answer in time (timeouts.firstTokenMs)");
    expect(text).toContain("upstream_timeout");
    expect(ms).toBeLessThan(6_000);
  });

  it("is bounded before the headers of a stream, too", async () => {
    const provider = await providing({ silent: true });
    const { status, text } = await asked(provider.url, { firstTokenMs: 1_000 }, true);
    expect([status, text]).toEqual([400, expect.stringContaining("upstream_timeout")]);
  });
});
