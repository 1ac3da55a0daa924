import { createServer, type AddressInfo, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";
import {
  beginStream,
  eventStream,
  startRawUpstream,
  type Asked,
  type RawUpstream,
} from "./support/raw-upstream.ts";
import { codeIn, speakers, type Speaker } from "./support/speakers.ts";
import { ask, type Got } from "./support/wire-client.ts";

const json = { "content-type": "application/json" };

/** The default configuration in front of one upstream, but for how long it waits. */
function impatient(url: string): Readonly<Record<string, unknown>> {
  return {
    upstreams: { openai: { url }, anthropic: { url }, gemini: { url } },
    tools: { pay: { url, timeoutMs: 1000 } },
    timeouts: { headersMs: 1000, idleMs: 1000 },
  };
}

let upstream: RawUpstream;
let gateway: RunningGateway;
beforeAll(async () => {
  upstream = await startRawUpstream();
  gateway = await startTestGateway(impatient(upstream.url));
});
afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

function begin(serve: (asked: Asked) => void): void {
  upstream.serve = serve;
  upstream.asked.length = 0;
  upstream.connections.length = 0;
}

/** An upstream that is not even a server of HTTP. */
async function rawServer(answer: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.each(speakers)("an upstream of $name", (speaker) => {
  const { path, headers, frames } = speaker;
  const asked = (): Promise<Got> =>
    ask(gateway.port, { path, headers, body: speaker.body("Weather in Paris?") });

  it("that closes a kept connection on the next request is asked once, and the client may ask again", async () => {
    begin(
      ({ outgoing }) => void outgoing.writeHead(200, { "content-type": eventStream }).end(frames.join("")),
    );
    expect((await asked()).status).toBe(200);
    const kept = upstream.asked[0]?.socket;
    begin(({ socket }) => void socket.destroy());
    const got = await asked();
    expect(upstream.asked.map(({ socket }) => socket)).toEqual([kept]);
    expect(got.status).toBe(502);
    expect(got.headers["x-should-retry"]).not.toBe("false");
    expect(codeIn(got.text)).toBe("upstream_cut");
  });

  it("that resets a kept connection while a request is on its way is the same", async () => {
    begin(
      ({ outgoing }) => void outgoing.writeHead(200, { "content-type": eventStream }).end(frames.join("")),
    );
    expect((await asked()).status).toBe(200);
    // Nothing of the next request was read when the connection goes.
    upstream.asked[0]?.socket.pause();
    setTimeout(() => upstream.asked[0]?.socket.resetAndDestroy(), 50);
    const got = await asked();
    expect(got.status).toBe(502);
    expect(got.headers["x-should-retry"]).not.toBe("false");
    expect(codeIn(got.text)).toBe("upstream_cut");
  });

  it.each<[string, string, string?]>([
    ["SSH", "SSH-2.0-OpenSSH_9.6\r\n\r\n"],
    ["NUL bytes", "\0".repeat(100)],
    ["a status that is none", "HTTP/1.1 banana OK\r\n\r\n"],
    ["headers that are none", "HTTP/1.1 200 OK\r\n\0\0\0\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx", "upstream_cut"],
    [
      "a chunk of no size",
      `HTTP/1.1 200 OK\r\ncontent-type: ${eventStream}\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
    ],
  ])(
    "that answers with %s is refused in its own words",
    async (_name, answer, code = "upstream_unreadable") => {
      const server = await rawServer(answer);
      await gateway.reload(impatient(urlOf(server)));
      const got = await asked();
      await gateway.reload(impatient(upstream.url));
      server.close();
      expect(got.status).toBe(502);
      expect(codeIn(got.text)).toBe(code);
    },
  );
});

/** What an upstream does that never comes to an end, what its client is told, and what it has got by then. */
const endless = {
  "never answers": { code: "upstream_timeout", sees: /^/, serve: () => {} },
  "stops in the middle of the text": {
    code: "upstream_timeout",
    sees: /Let me see/,
    serve: (one: Asked, { frames, textFrame }: Speaker) => beginStream(one, frames.slice(0, textFrame + 1)),
  },
  "stops inside a call": {
    code: "upstream_timeout",
    sees: /Let me see/,
    serve: (one: Asked, { frames, callFrame }: Speaker) => beginStream(one, frames.slice(0, callFrame + 1)),
  },
  "goes on for ever inside a call": {
    code: "held_too_much",
    sees: /: still working/,
    async serve(one: Asked, { frames, callFrame }: Speaker) {
      beginStream(one, frames.slice(0, callFrame + 1));
      while (!one.outgoing.destroyed) {
        one.outgoing.write(": still working\n\n");
        await sleep(100);
      }
    },
  },
} as const;
const cases = speakers.flatMap((speaker) =>
  Object.entries(endless).map(([what, does]) => ({ name: speaker.name, what, speaker, ...does })),
);

describe("an upstream that does not come to an end", () => {
  let slow: RawUpstream;
  let waiting: RunningGateway;
  beforeAll(async () => {
    slow = await startRawUpstream((one) => {
      const found = cases.find(({ name, what }) => `${name} ${what}` === one.incoming.headers["x-case"]);
      void found?.serve(one, found.speaker);
    });
    waiting = await startTestGateway({
      ...impatient(slow.url),
      hold: { heldSecondsMax: 4, keepAliveSeconds: 1 },
    });
  });
  afterAll(async () => {
    await waiting.stop();
    await slow.close();
  });

  it.concurrent.each(cases)("of $name and $what is told of in its own words, and left", async (one) => {
    const { path, headers, errorEvent } = one.speaker;
    const named = { ...headers, "x-case": `${one.name} ${one.what}` };
    const got = await ask(waiting.port, {
      path,
      headers: named,
      body: one.speaker.body("Weather in Paris?"),
    });
    expect(codeIn(got.text)).toBe(one.code);
    expect(got.text).toMatch(one.sees);
    expect(got.text).not.toContain("get_weather");
    // Asking again would be paid for again, so no client is to do it by itself.
    const answered = one.what === "never answers" ? [400, "false", false] : [200, undefined, true];
    const inStream = got.status === 200 && errorEvent.test(got.text);
    expect([got.status, got.headers["x-should-retry"], inStream]).toEqual(answered);
    await slow.asked.find(({ incoming }) => incoming.headers["x-case"] === named["x-case"])?.closed();
  });
});

describe("an upstream that answers before it has read the request", () => {
  it.each(speakers)("of $name is heard: its refusal reaches the client", async ({ path, headers, body }) => {
    const refusal = '{"error":{"message":"too much"}}';
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        socket.write(
          `HTTP/1.1 413 Too Large\r\ncontent-type: application/json\r\ncontent-length: ${refusal.length}\r\n\r\n${refusal}`,
        );
        socket.pause();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await gateway.reload(impatient(urlOf(server)));
    const got = await ask(gateway.port, { path, headers, body: body("x".repeat(2_000_000)) });
    await gateway.reload(impatient(upstream.url));
    server.close();
    expect(got).toMatchObject({ status: 413, text: refusal });
  });
});

describe("a kept connection that is closed on the next request", () => {
  /** Makes the connection that is then kept. */
  async function keep(path: string): Promise<void> {
    begin(({ outgoing }) => void outgoing.writeHead(200, json).end("{}"));
    expect((await ask(gateway.port, { path, method: "GET" })).status).toBe(200);
  }

  it("loses a read that nobody watches, once, and says that it may be asked again", async () => {
    await keep("/v1/models");
    begin(({ socket }) => void socket.destroy());
    const got = await ask(gateway.port, { path: "/v1/models", method: "GET" });
    expect(got.status).toBe(502);
    expect(got.headers["x-should-retry"]).not.toBe("false");
    expect(upstream.asked).toHaveLength(1);
  });

  it("leaves an effect in doubt, which is not dispatched again", async () => {
    await keep("/tools/pay/balance");
    begin(({ socket }) => void socket.destroy());
    const charge = { path: "/tools/pay/charges", headers: { ...json, "idempotency-key": "k1" }, body: "{}" };
    const answers = [await ask(gateway.port, charge), await ask(gateway.port, charge)];
    expect(answers.map(({ status }) => status)).toEqual([400, 400]);
    expect(answers.map(({ text }) => codeIn(text))).toEqual(["outcome_unknown", "outcome_unknown"]);
    expect(upstream.asked).toHaveLength(1);
  });

  it("costs an SDK nothing but one more request", async () => {
    await keep("/v1/models");
    begin(({ socket, outgoing }) => {
      if (upstream.asked.length === 1) socket.destroy();
      else outgoing.writeHead(200, json).end(speakers[0]?.whole);
    });
    const client = new OpenAI({ apiKey: "sk-test", baseURL: `${gateway.url}/v1`, maxRetries: 1 });
    const answer = await client.chat.completions.create(
      JSON.parse(speakers[0]?.wholeBody("Hi") ?? "") as OpenAI.ChatCompletionCreateParamsNonStreaming,
    );
    expect(answer.choices[0]?.message.content).toBe("Let me see.");
    expect(upstream.asked).toHaveLength(2);
  });
});
