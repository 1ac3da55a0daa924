import { request } from "node:http";
import { connect } from "node:net";
import Anthropic from "@anthropic-ai/sdk";
import { ChatAnthropic } from "@langchain/anthropic";
import { ChatOpenAI } from "@langchain/openai";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, streamText } from "ai";
import OpenAI from "openai";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Answer } from "../../../examples/provider/answer.ts";
import { type Provider, startProvider } from "../../../examples/provider/provider.ts";
import { startTestGateway, type RunningGateway } from "../support/running-gateway.ts";

/** Longer than the clients below have patience, and in many pieces. */
const slow: Answer = { delayMs: 900, text: ["It ", "is ", "21 ", "degrees."] };
const words = "It is 21 degrees.";
const patienceMs = 400;

let provider: Provider;
let gateway: RunningGateway;

async function start(turns: Readonly<Record<string, unknown>> = {}): Promise<void> {
  gateway = await startTestGateway({
    upstreams: { openai: { url: provider.url }, anthropic: { url: provider.url } },
    turns: { mode: "enforce", graceSeconds: 2, ...turns },
  });
}
beforeEach(async () => {
  provider = await startProvider(() => slow);
});
afterEach(async () => {
  await gateway.stop();
  await provider.close();
});

/** Asks as its client would, and again by its own means where it gives up. */
interface ImpatientClient {
  readonly name: string;
  /** Its text. Rejects where it gave up for good, after so many retries of its own. */
  ask(mode: "whole" | "stream", retries: number): Promise<string>;
  /** Where the client does not retry by itself, its user does. */
  readonly asksOnce?: true;
}

const prompt = "How warm is it?";
const user = [{ role: "user" as const, content: prompt }];

/** Not `streaming: true`: where that is asked whole, LangChain fetches a table of tokens from the internet. */
async function textOf(model: ChatOpenAI | ChatAnthropic, mode: "whole" | "stream"): Promise<string> {
  if (mode === "whole") return (await model.invoke(prompt)).text;
  let text = "";
  for await (const chunk of await model.stream(prompt)) text += chunk.text;
  return text;
}

const clients: readonly ImpatientClient[] = [
  {
    name: "openai",
    async ask(mode, maxRetries) {
      const client = new OpenAI({
        baseURL: `${gateway.url}/v1`,
        apiKey: "sk-1",
        timeout: patienceMs,
        maxRetries,
      });
      if (mode === "whole") {
        const answer = await client.chat.completions.create({ model: "gpt-4o", messages: user });
        return answer.choices[0]?.message.content ?? "";
      }
      const stream = await client.chat.completions.create({ model: "gpt-4o", messages: user, stream: true });
      let text = "";
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
      return text;
    },
  },
  {
    name: "anthropic",
    async ask(mode, maxRetries) {
      const client = new Anthropic({ baseURL: gateway.url, apiKey: "sk-1", timeout: patienceMs, maxRetries });
      const body = { model: "claude-sonnet-4-5", max_tokens: 100, messages: user };
      const answer =
        mode === "whole"
          ? await client.messages.create(body)
          : await client.messages.stream(body).finalMessage();
      return answer.content.flatMap((block) => (block.type === "text" ? block.text : [])).join("");
    },
  },
  {
    name: "langchain-openai",
    async ask(mode, maxRetries) {
      const model = new ChatOpenAI({
        model: "gpt-4o",
        apiKey: "sk-1",
        timeout: patienceMs,
        maxRetries,
        configuration: { baseURL: `${gateway.url}/v1` },
      });
      return textOf(model, mode);
    },
  },
  {
    name: "langchain-anthropic",
    async ask(mode, maxRetries) {
      const model = new ChatAnthropic({
        model: "claude-sonnet-4-5",
        apiKey: "sk-1",
        maxRetries,
        anthropicApiUrl: gateway.url,
        clientOptions: { timeout: patienceMs },
      });
      return textOf(model, mode);
    },
  },
  ...(["openai", "anthropic"] as const).map((vendor): ImpatientClient => ({
    name: `ai-sdk-${vendor}`,
    asksOnce: true,
    async ask(mode) {
      const model =
        vendor === "openai"
          ? createOpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "sk-1" }).chat("gpt-4o")
          : createAnthropic({ baseURL: `${gateway.url}/v1`, apiKey: "sk-1" })("claude-sonnet-4-5");
      const options = { model, prompt, abortSignal: AbortSignal.timeout(patienceMs) };
      if (mode === "whole") return (await generateText(options)).text;
      let failure: unknown;
      const { textStream } = streamText({ ...options, onError: ({ error }) => void (failure = error) });
      let text = "";
      for await (const piece of textStream) text += piece;
      if (text === "") throw failure ?? new Error("nothing came in time");
      return text;
    },
  })),
];

async function askUntilAnswered(client: ImpatientClient, mode: "whole" | "stream"): Promise<string> {
  for (let tries = 0; ; tries++) {
    try {
      return await client.ask(mode, 3);
    } catch (thrown) {
      if (client.asksOnce !== true || tries === 4) throw thrown;
    }
  }
}

describe.each(clients)("$name, which has less patience than the model needs", (client) => {
  it.each(["whole", "stream"] as const)("gets the answer of its first request, %s", async (mode) => {
    await start();
    expect(await askUntilAnswered(client, mode)).toBe(words);
    expect(provider.requests.map(({ outcome }) => outcome)).toEqual(["sent"]);
    expect(gateway.logged.map(({ what }) => what)).toContain("attached to the turn of an earlier request");
  });

  it.each([
    ["whole", "stream"],
    ["stream", "whole"],
  ] as const)("gets what it asked for %s in the other form (%s)", async (first, second) => {
    await start();
    await expect(client.ask(first, 0)).rejects.toThrow();
    expect(await askUntilAnswered(client, second)).toBe(words);
    expect(provider.requests).toHaveLength(1);
  });
});

const body = (stream = false): string =>
  JSON.stringify({ model: "gpt-4o", messages: user, ...(stream ? { stream } : {}) });
const headers = { "content-type": "application/json", authorization: "Bearer sk-1" };
const url = (run = ""): string => `${gateway.url}${run}/v1/chat/completions`;
const ask = (text = body(), more: Record<string, string> = {}, run = ""): Promise<Response> =>
  fetch(url(run), { method: "POST", headers: { ...headers, ...more }, body: text });

/** A client that sends a request and then does what it does. */
function rawClient(text: string, then: (socket: ReturnType<typeof connect>) => void): void {
  const socket = connect(gateway.port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-1\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
    () => then(socket),
  );
}

describe("equal requests without evidence that one is a retry", () => {
  it("are as many turns: at the same time, and one after the other", async () => {
    await start();
    const both = await Promise.all([ask(), ask(), ask()]);
    expect(both.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await ask()).headers.get("longstop-replayed")).toBeNull();
    expect(provider.requests).toHaveLength(4);
  });

  it("stay so for whoever is not the caller of the first", async () => {
    await start();
    const leaving = new AbortController();
    const gone = fetch(url(), { method: "POST", headers, body: body(), signal: leaving.signal });
    await expect.poll(() => provider.requests.length).toBe(1);
    leaving.abort();
    await expect(gone).rejects.toThrow();
    await sleep(50);
    await ask(body(), { authorization: "Bearer sk-2" });
    await ask(body(), { "openai-project": "other" });
    expect(provider.requests).toHaveLength(3);
  });
});

describe("a turn whose client is gone", () => {
  /** Asks, leaves once the model is asked, and waits until that is seen. */
  async function askAndLeave(
    text = body(),
    run = "",
    when = () => provider.requests.length > 0,
  ): Promise<void> {
    const { port } = gateway;
    const going = request({ port, path: `${run}/v1/chat/completions`, method: "POST", headers });
    going.on("error", () => {});
    going.on("response", (answer) => void answer.on("error", () => {}).resume());
    going.end(text);
    await expect.poll(when).toBe(true);
    going.destroy();
    await sleep(50);
  }

  it("answers one retry for each client that left, and no more", async () => {
    await start();
    const both = (): boolean => provider.requests.length === 2;
    await Promise.all([askAndLeave(body(), "", both), askAndLeave(body(), "", both)]);
    const answers = await Promise.all([ask(), ask(), ask()]);
    const replayed = answers.map((answer) => answer.headers.get("longstop-replayed"));
    expect(replayed.filter((value) => value === "true")).toHaveLength(2);
    expect(provider.requests).toHaveLength(3);
  });

  it("is kept for a retry that comes when it is ended", async () => {
    await start();
    await askAndLeave();
    await expect.poll(() => provider.requests[0]?.outcome, { timeout: 5000 }).toBe("sent");
    const answer = await ask();
    expect(answer.headers.get("longstop-replayed")).toBe("true");
    expect(await answer.text()).toContain("21 degrees");
    expect(provider.requests).toHaveLength(1);
  });

  it("is given up when nobody comes, and the model with it", async () => {
    await start({ graceSeconds: 1 });
    provider.play(() => ({ ...slow, delayMs: 5000 }));
    await askAndLeave();
    await expect.poll(() => provider.requests[0]?.outcome, { timeout: 4000 }).toBe("client-gone");
    expect(gateway.logged.map(({ what }) => what)).toContain(
      "an answer was given up: its client was gone, and nobody came for it",
    );
    await ask(body(), { "x-stainless-retry-count": "1" });
    expect(provider.requests).toHaveLength(2);
  });

  it("is given up at once where nothing else is configured, and turns are off", async () => {
    await start({ mode: "off" });
    provider.play(() => ({ ...slow, delayMs: 5000 }));
    await askAndLeave();
    await expect.poll(() => provider.requests[0]?.outcome).toBe("client-gone");
  });

  it("is only spoken of in report mode", async () => {
    await start({ mode: "report" });
    await askAndLeave();
    expect((await ask()).headers.get("longstop-replayed")).toBeNull();
    expect(provider.requests).toHaveLength(2);
    expect(gateway.logged.map(({ what }) => what)).toContain("would have got the turn of an earlier request");
  });

  const numbers = Array.from({ length: 20 }, (_, at) => `${at} `);
  const begun: Answer = { text: numbers, eventDelayMs: 100 };

  it("is given up at once where its stream had begun, in a run without an id", async () => {
    await start();
    provider.play(() => begun);
    let got = 0;
    rawClient(body(true), (socket) =>
      socket.on("data", (bytes) => (got += bytes.length) && socket.destroy()),
    );
    await expect.poll(() => provider.requests[0]?.outcome, { timeout: 3000 }).toBe("client-gone");
    expect(got).toBeGreaterThan(0);
  });

  it("gives its stream from the start where it had begun in a run", async () => {
    await start();
    provider.play(() => begun);
    const leaving = new AbortController();
    const first = await fetch(url("/run/r1"), {
      method: "POST",
      headers,
      body: body(true),
      signal: leaving.signal,
    });
    await first.body?.getReader().read();
    leaving.abort();
    await sleep(50);
    const text = await (await ask(body(true), {}, "/run/r1")).text();
    const said = [...text.matchAll(/"content":"(\d+ )"/g)].map(([, word]) => word).join("");
    expect(said).toBe(numbers.join(""));
    expect(text).toContain("[DONE]");
    expect(provider.requests).toHaveLength(1);
  });

  it.each<[string, (socket: ReturnType<typeof connect>) => void]>([
    ["resets its connection", (socket) => setTimeout(() => socket.resetAndDestroy(), 100)],
    ["closes its half of the connection", (socket) => void socket.end()],
  ])("waits for the retry of one that %s", async (_what, leave) => {
    await start();
    rawClient(body(), leave);
    await sleep(200);
    const answer = await ask();
    expect(answer.headers.get("longstop-replayed")).toBe("true");
    expect(provider.requests.map(({ outcome }) => outcome)).toEqual(["sent"]);
  });

  it("is made for a client that reads nothing of it", async () => {
    await start();
    rawClient(body(), (socket) => void socket.pause());
    await expect.poll(() => provider.requests[0]?.outcome, { timeout: 4000 }).toBe("sent");
  });

  it("tells its retry what went wrong, where that is how it ends", async () => {
    await start();
    provider.play([{ delayMs: 900, dropBeforeHeaders: true }, { text: "Second." }]);
    await askAndLeave();
    const failed = await ask(body(), { "x-stainless-retry-count": "1" });
    expect(failed.status).toBe(502);
    // What failed is no answer: the next retry asks the model.
    expect(await (await ask(body(), { "x-stainless-retry-count": "2" })).text()).toContain("Second.");
    expect(provider.requests).toHaveLength(2);
  });
});
