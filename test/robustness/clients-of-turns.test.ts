import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Provider, startProvider } from "../../examples/provider/provider.ts";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";

let provider: Provider;
let gateway: RunningGateway;

beforeEach(async () => {
  provider = await startProvider(() => ({ text: words, eventDelayMs: 60 }));
  gateway = await startTestGateway({
    upstreams: { openai: { url: provider.url } },
    turns: { mode: "enforce", graceSeconds: 20 },
    drainSeconds: 0,
  });
});
afterEach(async () => {
  await gateway.stop();
  await provider.close();
});

const words = Array.from({ length: 20 }, (_, at) => `${at} `);
const path = "/run/r1/v1/chat/completions";

function bodyOf(stream: boolean): string {
  return JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content: "Hi" }], stream });
}

interface RawClient {
  readonly socket: Socket;
  received(): string;
}

/** Sends the request over a socket of its own, and reads unless it is paused. */
function rawClient(stream: boolean): RawClient {
  const body = bodyOf(stream);
  // It still reads once it has said that it sends no more.
  const socket = connect({ port: gateway.port, host: "127.0.0.1", allowHalfOpen: true });
  const pieces: Buffer[] = [];
  socket.on("error", () => {});
  socket.on("data", (piece: Buffer) => pieces.push(piece));
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-1\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  return { socket, received: () => Buffer.concat(pieces).toString("latin1") };
}

const retry = (stream: boolean, more: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${gateway.url}${path}`, {
    method: "POST",
    headers: { authorization: "Bearer sk-1", "content-type": "application/json", ...more },
    body: bodyOf(stream),
  });

function textOf(answer: string): string {
  return [...answer.matchAll(/"content":"([^"]*)"/g)].map(([, word]) => word).join("");
}

const outcomes = (): readonly unknown[] => provider.requests.map(({ outcome }) => outcome);

const ways: readonly (readonly [string, (socket: Socket) => void])[] = [
  ["closes its half of the connection, and still reads", (socket) => void socket.end()],
  ["resets its connection", (socket) => void socket.resetAndDestroy()],
];

describe.each(ways)("a client of a recorded turn that %s", (_how, leave) => {
  it.each([true, false])(
    "behind its request is waited for: its retry gets the turn (stream: %s)",
    async (stream) => {
      const { socket, received } = rawClient(stream);
      await expect.poll(() => provider.requests.length, { timeout: 5000 }).toBe(1);
      leave(socket);
      await once(socket, "close");
      // Nothing that could be taken for an answer: whoever asks by this client asks again.
      expect(received()).not.toMatch(/\[DONE\]|"finish_reason":"stop"/);
      const answer = await retry(stream);
      expect([answer.status, answer.headers.get("longstop-replayed")]).toEqual([200, "true"]);
      expect(textOf(await answer.text())).toBe(words.join(""));
      expect(outcomes()).toEqual(["sent"]);
    },
  );

  it("in the middle of its stream is waited for: its retry gets the stream from its start", async () => {
    const { socket, received } = rawClient(true);
    await expect.poll(() => textOf(received()), { timeout: 5000 }).toContain("2 ");
    leave(socket);
    await once(socket, "close");
    const answer = await retry(true);
    const text = await answer.text();
    expect([textOf(text), text.includes("[DONE]")]).toEqual([words.join(""), true]);
    expect(outcomes()).toEqual(["sent"]);
  });
});

describe("a client of a recorded turn that reads nothing", () => {
  // More than the buffers between two sockets hold.
  const long = Array.from({ length: 256 }, (_, at) => String.fromCharCode(97 + (at % 26)).repeat(64 * 1024));

  /** It is asked for, and as much has come as fits between the sockets. */
  async function unread(): Promise<RawClient> {
    provider.play(() => ({ text: long }));
    const client = rawClient(true);
    client.socket.pause();
    await expect.poll(() => provider.requests.length, { timeout: 5000 }).toBe(1);
    await sleep(500);
    // Nobody reads, so its model is held back: no answer piles up here.
    expect([outcomes(), client.received().length]).toEqual([[null], 0]);
    return client;
  }

  it("holds back no other one that does, and gets it whole once it reads", async () => {
    const { socket, received } = await unread();
    const answer = await retry(true, { "x-stainless-retry-count": "1" });
    expect(answer.headers.get("longstop-replayed")).toBe("true");
    expect(textOf(await answer.text())).toBe(long.join(""));
    expect([outcomes(), received().length]).toEqual([["sent"], 0]);
    socket.resume();
    await expect.poll(() => received().includes("[DONE]"), { timeout: 15_000 }).toBe(true);
    expect(textOf(received())).toBe(long.join(""));
    socket.destroy();
    expect(provider.requests).toHaveLength(1);
  });

  it("and then resets its connection is waited for like any other", async () => {
    const { socket } = await unread();
    socket.resetAndDestroy();
    await once(socket, "close");
    const answer = await retry(true);
    expect(answer.headers.get("longstop-replayed")).toBe("true");
    expect(textOf(await answer.text())).toBe(long.join(""));
    expect(outcomes()).toEqual(["sent"]);
  });
});
