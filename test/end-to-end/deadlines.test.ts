import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Answer } from "../../examples/provider/answer.ts";
import { type Provider, startProvider } from "../../examples/provider/provider.ts";
import { type RunningGateway, startTestGateway } from "../proxy/support/running-gateway.ts";

/** Longer than the clients below have patience, and in many pieces. */
const slow: Answer = { delayMs: 3_500, text: ["It ", "is ", "21 ", "degrees."] };
const user = [{ role: "user" as const, content: "How warm is it?" }];
let provider: Provider;
let gateway: RunningGateway;

async function start(more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  gateway = await startTestGateway({
    upstreams: { openai: { url: provider.url }, anthropic: { url: provider.url } },
    turns: { mode: "enforce", graceSeconds: 10 },
    ...more,
  });
}
beforeEach(async () => {
  provider = await startProvider(() => slow);
});
afterEach(async () => {
  await gateway.stop();
  await provider.close();
});

const headers = { "content-type": "application/json", authorization: "Bearer sk-1" };
const body = (stream = false): string =>
  JSON.stringify({ model: "gpt-4o", messages: user, ...(stream ? { stream } : {}) });
const ask = (stream = false, seconds = "2", run = ""): Promise<Response> =>
  fetch(`${gateway.url}${run}/v1/chat/completions`, {
    method: "POST",
    headers: { ...headers, "longstop-deadline": seconds },
    body: body(stream),
  });

describe("a client that is told that its time is over", () => {
  it("hears 504, soon to come again, on a connection that goes on", async () => {
    await start();
    const answer = await ask();
    expect(answer.status).toBe(504);
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(answer.headers.get("x-should-retry")).toBeNull();
    expect(await answer.json()).toMatchObject({
      error: { code: "deadline_exceeded", limit: "total", seconds: 1 },
    });
    const second = await ask(false, "20");
    expect(second.headers.get("longstop-replayed")).toBe("true");
    expect(await second.text()).toContain("21 degrees");
    expect(provider.requests).toHaveLength(1);
  });

  it("hears 400 where its retry would find nothing, and the model is stopped", async () => {
    await start({ turns: { mode: "enforce", graceSeconds: 0 } });
    expect((await ask()).status).toBe(400);
    await expect.poll(() => provider.requests[0]?.outcome, { timeout: 3_000 }).toBe("client-gone");
  });

  it("hears 400 where it asks anew, because its retry would, too", async () => {
    await start();
    const answer = await fetch(`${gateway.url}/run/r1/v1/chat/completions`, {
      method: "POST",
      headers: { ...headers, "longstop-deadline": "2", "longstop-replay": "off" },
      body: body(),
    });
    expect(answer.status).toBe(400);
    await expect.poll(() => provider.requests[0]?.outcome, { timeout: 3_000 }).toBe("client-gone");
  });

  it("hears 400 where turns are only reported on", async () => {
    await start({ turns: { mode: "report" } });
    expect((await ask()).status).toBe(400);
    await expect.poll(() => provider.requests[0]?.outcome, { timeout: 3_000 }).toBe("client-gone");
  });

  it("leaves one turn for one retry, and no more", async () => {
    await start();
    const [one, other] = await Promise.all([ask(), ask()]);
    expect([one.status, other.status]).toEqual([504, 504]);
    const answers = await Promise.all([ask(false, "30"), ask(false, "30"), ask(false, "30")]);
    const replayed = answers.filter((answer) => answer.headers.get("longstop-replayed") === "true");
    expect(replayed).toHaveLength(2);
    expect(provider.requests).toHaveLength(3);
  });

  it("is not told while an answer is on its way that it does not read", async () => {
    await start();
    const message = { role: "assistant", content: "x".repeat(10_000_000) };
    const document = {
      id: "c",
      object: "chat.completion",
      choices: [{ index: 0, message, finish_reason: "stop" }],
    };
    const headersOfIt = { "content-type": "application/json" };
    provider.play(() => ({ body: JSON.stringify(document), headers: headersOfIt }));
    const text = body();
    const socket = connect(gateway.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-1\r\nConnection: close\r\n` +
        `Longstop-Deadline: 5\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
    );
    socket.pause();
    await sleep(5_500);
    let bytes = 0;
    socket.on("data", (piece) => void (bytes += piece.length));
    socket.resume();
    await new Promise((closed) => socket.once("close", closed));
    expect(bytes).toBeGreaterThan(10_000_000);
    expect(gateway.logged.map(({ what }) => what)).not.toContain("the deadline of a client passed");
  });
});

const numbers = Array.from({ length: 30 }, (_, at) => `${at} `);
const begun: Answer = { text: numbers, eventDelayMs: 150 };
const saidIn = (text: string): string =>
  [...text.matchAll(/"content":"(\d+ )"/g)].map(([, word]) => word).join("");

const partOf = async (run: string, turn: string | null): Promise<unknown> =>
  (await fetch(`${gateway.adminUrl}/runs/${run}/turns/${turn}`)).json();

describe("a stream that had begun when the time of its client was over", () => {
  beforeEach(() => provider.play(() => begun));

  it("ends with the error event, and in a run its retry gets all of it from its start", async () => {
    await start();
    const first = await (await ask(true, "3", "/run/r1")).text();
    expect(saidIn(first)).not.toBe("");
    expect(numbers.join("").startsWith(saidIn(first))).toBe(true);
    expect(first.trimEnd().split("\n\n").at(-1)).toContain('"code":"deadline_exceeded"');
    expect(first).toContain("a retry gets it");
    const second = await ask(true, "30", "/run/r1");
    const text = await second.text();
    expect(saidIn(text)).toBe(numbers.join(""));
    expect(text).toContain("[DONE]");
    expect(provider.requests).toHaveLength(1);
  });

  it("is told where the part of it that had come is found, in either form", async () => {
    await start({ admin: { port: 0 } });
    const whole = await ask(false, "3", "/run/r1");
    expect([whole.status, whole.headers.get("longstop-partial")]).toEqual([
      504,
      expect.stringMatching(/^\S+\.1$/),
    ]);
    const part = await partOf("r1", whole.headers.get("longstop-partial"));
    expect(part).toMatchObject({ state: "intent", complete: false, text: expect.stringMatching(/^0 1 /) });
    const streamed = await (await ask(true, "3", "/run/r2")).text();
    const named = /^: longstop (\{"partial":.*\})$/m.exec(streamed)?.[1] ?? "{}";
    const { partial } = JSON.parse(named) as { partial?: string };
    expect(await partOf("r2", partial ?? null)).toMatchObject({ text: expect.stringMatching(/^0 1 /) });
  });

  it("is given up without a run, because nobody may come for a piece of it", async () => {
    await start();
    const first = await (await ask(true, "3")).text();
    expect(first).toContain("The upstream was stopped");
    await expect.poll(() => provider.requests[0]?.outcome, { timeout: 3_000 }).toBe("client-gone");
  });

  it("numbers its error event behind the events before it", async () => {
    await start();
    const answer = await fetch(`${gateway.url}/run/r1/v1/responses`, {
      method: "POST",
      headers: { ...headers, "longstop-deadline": "3" },
      body: JSON.stringify({ model: "gpt-4o", input: "Count.", stream: true }),
    });
    const text = await answer.text();
    const counted = [...text.matchAll(/"sequence_number":(\d+)/g)].map(([, number]) => Number(number));
    expect(text).toContain("deadline_exceeded");
    expect(counted.length).toBeGreaterThan(5);
    expect(counted).toEqual(counted.map((_, at) => at));
  });
});
