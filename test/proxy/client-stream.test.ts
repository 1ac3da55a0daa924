import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { ClientStream } from "../../src/proxy/client-stream.ts";
import type { Inbound } from "../../src/proxy/inbound.ts";
import { engineSettings } from "./support/engine-settings.ts";
import { startInbound } from "./support/inbound-server.ts";

const { hold } = engineSettings();
const never = { ...hold, preambleMs: 1_000_000, keepAliveSeconds: 1_000 };
const bytes = (text: string): Uint8Array => Buffer.from(text);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function streamTo(inbound: Inbound, settings = never): ClientStream {
  return new ClientStream(inbound, settings, () => ({
    status: 200,
    headers: ["content-type", "text/event-stream"],
  }));
}

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

describe("the stream to a client", () => {
  it("begins with the first text: what waited leaves before it, in order", async () => {
    const { origin, served } = await startInbound(async (inbound) => {
      const stream = streamTo(inbound);
      stream.writeLater(bytes("1"));
      stream.writeLater(bytes("2"));
      const before = stream.started;
      await stream.write(bytes("3"));
      stream.writeLater(bytes("4"));
      await stream.end();
      return [before, stream.started];
    });
    const answer = await fetch(origin);
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    expect(answer.headers.get("longstop-request-id")).toBe("exchange-1");
    expect(await answer.text()).toBe("1234");
    expect(await served).toEqual([false, true]);
  });

  it("sends what is written together in one piece, in order, what waited for it included", async () => {
    const { origin, served } = await startInbound(async (inbound) => {
      const written: string[] = [];
      const write = inbound.outgoing.write.bind(inbound.outgoing) as (bytes: Uint8Array) => boolean;
      inbound.outgoing.write = ((piece: Uint8Array) => {
        written.push(Buffer.from(piece).toString());
        return write(piece);
      }) as typeof inbound.outgoing.write;
      const stream = streamTo(inbound);
      const chunk = Buffer.from("1234");
      stream.writeLater(bytes("0"));
      stream.beginTogether();
      for (let at = 0; at < 4; at++) await stream.write(chunk.subarray(at, at + 1));
      await stream.write(bytes("5"));
      const before = written.length;
      await stream.sendTogether();
      stream.beginTogether();
      for (const at of [0, 2]) await stream.write(chunk.subarray(at, at + 2));
      await stream.sendTogether();
      const large = Buffer.alloc(20_000, "x");
      stream.beginTogether();
      await stream.write(large);
      await stream.write(bytes("y"));
      await stream.sendTogether();
      await stream.end();
      return [before, ...written.map((text) => (text.length > 9 ? text.length : text))];
    });
    const text = await (await fetch(origin)).text();
    expect(text.replaceAll("x", "")).toBe("0123451234y");
    expect(await served).toEqual([0, "012345", "1234", 20_000, "y"]);
  });

  it("can still become a plain error while nothing but preamble came", async () => {
    const { origin } = await startInbound(async (inbound) => {
      const stream = streamTo(inbound);
      stream.writeLater(bytes("preamble"));
      stream.holding();
      stream.close();
      await inbound.sendWhole(400, [], "refused");
    });
    const answer = await fetch(origin);
    expect([answer.status, await answer.text()]).toEqual([400, "refused"]);
  });

  it("begins with its preamble when no text comes in time", async () => {
    const { origin } = await startInbound(async (inbound) => {
      const stream = streamTo(inbound, { ...never, preambleMs: 10 });
      stream.writeLater(bytes("preamble "));
      await pause(60);
      expect(stream.started).toBe(true);
      await stream.write(bytes("text"));
      await stream.end();
    });
    expect(await (await fetch(origin)).text()).toBe("preamble text");
  });

  it("begins in time also where a turn opens with a call, so that nobody waits for headers", async () => {
    const { origin, served } = await startInbound(async (inbound) => {
      const stream = streamTo(inbound, { ...never, preambleMs: 10 });
      stream.holding();
      await pause(60);
      const started = stream.started;
      await stream.end();
      return started;
    });
    await (await fetch(origin)).text();
    expect(await served).toBe(true);
  });

  it("says that it lives while calls are held, once its headers have left, and only then", async () => {
    const { origin } = await startInbound(async (inbound) => {
      const stream = streamTo(inbound, { ...never, keepAliveSeconds: 0.01 });
      stream.holding();
      stream.holding();
      await pause(60);
      expect(stream.started).toBe(false);
      await stream.write(bytes("data: 1\n\n"));
      await pause(60);
      stream.notHolding();
      await pause(20);
      await stream.write(bytes("data: 2\n\n"));
      await pause(30);
      await stream.end();
    });
    const received = await (await fetch(origin)).text();
    expect(received).toMatch(/^data: 1\n\n(: keep-alive\n\n)+data: 2\n\n$/);
  });

  it("waits for a client that reads slowly, and goes on when it does", async () => {
    const size = 20_000_000;
    const { port, served } = await startInbound(async (inbound) => {
      const stream = streamTo(inbound);
      let waited = false;
      for (let sent = 0; sent < size; sent += 1_000_000) {
        const full = stream.write(Buffer.alloc(1_000_000, "x"));
        waited ||= full !== undefined;
        await full;
      }
      await stream.end();
      return [waited, inbound.outgoing.listenerCount("drain")];
    });
    const client = connect(port, "127.0.0.1");
    client.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    await pause(50);
    let received = 0;
    for await (const chunk of client) received += (chunk as Buffer).length;
    expect(received).toBeGreaterThan(size);
    const [waited, listeners] = (await served) as [boolean, number];
    expect(waited).toBe(true);
    expect(listeners).toBeLessThanOrEqual(1);
  });

  it("hangs nowhere when the client leaves: neither writing, nor ending, nor later", async () => {
    const { port, served } = await startInbound(async (inbound) => {
      const stream = streamTo(inbound, { ...hold, preambleMs: 10, keepAliveSeconds: 0.01 });
      stream.holding();
      while (!inbound.gone.aborted) {
        await stream.write(Buffer.alloc(1_000_000));
        await pause(0);
      }
      await stream.write(bytes("late"));
      stream.writeLater(bytes("later"));
      await pause(30);
      await stream.end();
      return "ended";
    });
    const client = connect(port, "127.0.0.1");
    client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(client, "readable");
    client.resetAndDestroy();
    expect(await served).toBe("ended");
  });

  it("does not begin for a client that has left", async () => {
    const { port, served } = await startInbound(async (inbound) => {
      await once(inbound.gone, "abort");
      const stream = streamTo(inbound, { ...never, preambleMs: 10 });
      stream.writeLater(bytes("preamble"));
      await pause(30);
      await stream.end();
      return inbound.started;
    });
    const client = connect(port, "127.0.0.1");
    client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n", () => client.destroy());
    expect(await served).toBe(false);
  });

  it("leaves no timer behind", async () => {
    const { origin, served } = await startInbound(async (inbound) => {
      const before = timers();
      const stream = streamTo(inbound);
      stream.writeLater(bytes("x"));
      stream.holding();
      const during = timers();
      stream.close();
      const closed = timers();
      await inbound.sendWhole(400, [], "");
      return [during - before, closed - before];
    });
    await fetch(origin);
    expect(await served).toEqual([2, 0]);
  });
});
