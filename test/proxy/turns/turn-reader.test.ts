import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Inbound } from "../../../src/proxy/inbound.ts";
import type { AnswerForm } from "../../../src/proxy/turns/answer-form.ts";
import { TurnOutput } from "../../../src/proxy/turns/turn-output.ts";
import { TurnReader } from "../../../src/proxy/turns/turn-reader.ts";
import type { Recorder } from "../../../src/proxy/turns/turn-watchers.ts";
import { startInbound, type InboundServer } from "../support/inbound-server.ts";
import { wanting } from "../support/wanting.ts";

const stream = ["content-type", "text/event-stream", "x-upstream", "1"];
const json = ["Content-Type", "application/json", "x-upstream", "1"];

/** A server whose every client reads `output`. */
function serving(output: TurnOutput, form: AnswerForm, replayed = false): Promise<InboundServer> {
  return startInbound((inbound) => new TurnReader(output, inbound, wanting(form), replayed).read());
}

function recorder(more: Partial<Recorder> = {}): Recorder {
  return {
    position: 0,
    partial: null,
    isReadable: true,
    more: () => {},
    written: () => Promise.resolve(),
    readBack: () => Promise.resolve(null),
    ...more,
  };
}

/** A long stream whose beginning was let go, and all of it. */
function longStream(more: Partial<Recorder>): { output: TurnOutput; whole: Buffer } {
  const output = new TurnOutput("stream");
  output.recorder = recorder({ position: Infinity, ...more });
  output.writeHead(200, stream);
  const pieces = Array.from({ length: 50 }, (_, at) => Buffer.from(`data: ${"x".repeat(1000)} ${at}\n\n`));
  for (const piece of pieces) output.write(piece);
  output.written();
  expect(output.recording.isHere).toBe(false);
  return { output, whole: Buffer.concat(pieces) };
}

describe("a client that reads along", () => {
  it("is handed the very bytes that came once it has all before them, and no copy", async () => {
    const output = new TurnOutput("stream");
    const handed: Uint8Array[] = [];
    const client = {
      onLeave: () => {},
      notes: new Map(),
      started: true,
      write: (piece: Uint8Array) => handed.push(piece) > 0,
      end: () => Promise.resolve(),
    } as unknown as Inbound;
    const pieces = Array.from({ length: 5 }, (_, at) => Buffer.from(`data: ${at}\n\n`));
    output.writeHead(200, stream);
    output.write(pieces[0] as Buffer);
    const reading = new TurnReader(output, client, wanting("stream"), false).read();
    for (const piece of pieces.slice(1)) output.write(piece);
    await output.end();
    expect(await reading).toBe("answered");
    expect(handed.map((piece) => Buffer.from(piece))).toEqual(pieces);
    expect(handed.slice(1).map((piece, at) => piece === pieces[at + 1])).toEqual([true, true, true, true]);
  });
});

describe("a client that waits for a turn whose beginning is in the ledger alone", () => {
  it("gets it from there, and then the rest", async () => {
    const { output, whole } = longStream({ readBack: (bytes) => Promise.resolve(whole.subarray(0, bytes)) });
    const { origin, served } = await serving(output, "stream", true);
    const answer = await fetch(origin);
    void output.end(Buffer.from("data: last\n\n"));
    expect(await answer.text()).toBe(`${whole.toString()}data: last\n\n`);
    expect(await served).toBe("answered");
  });

  it("gets nothing of it where it cannot be read", async () => {
    const { output } = longStream({});
    const { origin, served } = await serving(output, "stream", true);
    const asking = fetch(origin);
    asking.catch(() => {});
    expect(await served).toBe("let-go");
    expect(output.isKept).toBe(false);
    // Nobody waits for who does not read.
    expect(output.write(Buffer.alloc(10_000_000))).toBe(true);
  });

  it("gets none of it where it is let go while it is fetched, and never the end for the beginning", async () => {
    const reading = Promise.withResolvers<Uint8Array>();
    const { output, whole } = longStream({ readBack: () => reading.promise });
    const { origin, served } = await serving(output, "stream", true);
    const asking = fetch(origin);
    asking.catch(() => {});
    await sleep(50);
    output.letGo();
    output.write(Buffer.from("data: more\n\n"));
    reading.resolve(whole.subarray(0, output.recording.forgotten));
    expect(await served).toBe("let-go");
  });

  it("keeps what it has still to read, also where all is let go once it is there", async () => {
    const { output, whole } = longStream({ readBack: (bytes) => Promise.resolve(whole.subarray(0, bytes)) });
    const fetched = output.fetchBack();
    const { origin } = await serving(output, "stream", true);
    await fetched;
    const answer = await fetch(origin);
    output.letGo();
    void output.end(Buffer.from("data: last\n\n"));
    expect(await answer.text()).toBe(`${whole.toString()}data: last\n\n`);
  });

  it("and that leaves meanwhile is not waited for", async () => {
    const reading = Promise.withResolvers<Uint8Array>();
    const { output, whole } = longStream({ readBack: () => reading.promise });
    const { origin, served } = await serving(output, "stream", true);
    const leaving = new AbortController();
    fetch(origin, { signal: leaving.signal }).catch(() => {});
    await sleep(50);
    leaving.abort();
    expect(await served).toBe("gone");
    reading.resolve(whole.subarray(0, output.recording.forgotten));
    await sleep(10);
    expect(output.write(Buffer.alloc(10_000_000))).toBe(true);
  });
});

describe("a client that waits for a turn", () => {
  it("gets what was written before it came, and then the rest as it comes", async () => {
    const output = new TurnOutput("stream");
    output.writeHead(200, stream);
    output.write(Buffer.from("data: 1\n\n"));
    const { origin, served } = await serving(output, "stream", true);
    const answer = await fetch(origin);
    expect(answer.headers.get("x-upstream")).toBe("1");
    expect(answer.headers.get("longstop-replayed")).toBe("true");
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe("data: 1\n\n");
    output.write(Buffer.from("data: 2\n\n"));
    expect((await reader?.read())?.value).toBe("data: 2\n\n");
    void output.end(Buffer.from("data: 3\n\n"));
    expect((await reader?.read())?.value).toBe("data: 3\n\n");
    expect((await reader?.read())?.done).toBe(true);
    expect(await served).toBe("answered");
  });

  it("gets nothing of it before that may be shown, and then all", async () => {
    const output = new TurnOutput("stream");
    const known = Promise.withResolvers<void>();
    output.holdUntil(known.promise);
    output.writeHead(200, stream);
    output.write(Buffer.from("data: 1\n\n"));
    const { origin, served } = await serving(output, "stream");
    let hasAnswer = false;
    const asking = fetch(origin).finally(() => (hasAnswer = true));
    void output.end(Buffer.from("data: 2\n\n"));
    await sleep(100);
    expect(hasAnswer).toBe(false);
    known.resolve();
    expect(await (await asking).text()).toBe("data: 1\n\ndata: 2\n\n");
    expect(await served).toBe("answered");
  });

  it("that began the turn is not told that it is replayed, and sees its headers in time", async () => {
    const output = new TurnOutput("stream");
    output.writeHead(200, stream);
    output.notes.set("longstop-interventions", "one");
    const { origin } = await serving(output, "stream");
    const { headers } = await fetch(origin);
    expect(headers.get("longstop-replayed")).toBeNull();
    expect(headers.get("longstop-interventions")).toBe("one");
    void output.end();
  });

  it.each([
    ["whole", json, "stream", "stream of {}", "text/event-stream; charset=utf-8"],
    ["stream", stream, "whole", "whole of {}", "application/json"],
    ["list", json, "whole", "whole of {}", "application/json"],
    ["list", json, "stream", "stream of whole of {}", "text/event-stream; charset=utf-8"],
  ] as const)("gets a %s answer in its own form", async (of, headers, form, body, type) => {
    const output = new TurnOutput(of);
    output.writeHead(200, headers);
    const { origin, served } = await serving(output, form);
    const asking = fetch(origin);
    output.write(Buffer.from("{}"));
    void output.end();
    const answer = await asking;
    expect(await answer.text()).toBe(body);
    expect(answer.headers.get("content-type")).toBe(type);
    expect(answer.headers.get("x-upstream")).toBe("1");
    expect(await served).toBe("answered");
  });

  it("gets pieces as they come, whatever they say that they are", async () => {
    const output = new TurnOutput("stream");
    const { origin } = await serving(output, "stream");
    const asking = fetch(origin);
    output.writeHead(200, json);
    output.write(Buffer.from("[{},"));
    const answer = await asking;
    void output.end(Buffer.from("{}]"));
    expect([await answer.text(), answer.headers.get("content-type")]).toEqual([
      "[{},{}]",
      "application/json",
    ]);
  });

  it.each([
    ["whole", "stream", "null"],
    ["list", "stream", "null"],
    ["whole", "list", "{}"],
    ["stream", "list", "{}"],
  ] as const)(
    "is left alone where a %s answer has no place as %s, and not told of it",
    async (of, as, body) => {
      const output = new TurnOutput(of);
      const clients: Inbound[] = [];
      const { origin, served } = await startInbound((inbound) => {
        clients.push(inbound);
        return new TurnReader(output, inbound, wanting(as), true).read();
      });
      fetch(origin).catch(() => {});
      await expect.poll(() => clients.length).toBe(1);
      void output.sendWhole(200, json, body);
      expect(await served).toBe("other-form");
      expect([...(clients[0]?.notes ?? [])]).toEqual([]);
    },
  );

  it("is known to have got an answer that broke off", async () => {
    const output = new TurnOutput("stream");
    const clients: Inbound[] = [];
    const { origin, served } = await startInbound((inbound) => {
      clients.push(inbound);
      return new TurnReader(output, inbound, wanting("stream"), false).read();
    });
    const asking = fetch(origin);
    await expect.poll(() => clients.length).toBe(1);
    output.writeHead(200, stream);
    output.brokeOff = true;
    void output.end(Buffer.from("event: error"));
    await (await asking).text();
    await served;
    expect(clients[0]?.brokeOff).toBe(true);
  });

  it("gets a refusal as it is, whatever the form that it wants", async () => {
    const output = new TurnOutput("whole");
    const { origin } = await serving(output, "stream");
    const asking = fetch(origin);
    void output.sendWhole(429, json, "slow down");
    const answer = await asking;
    expect([answer.status, await answer.text()]).toEqual([429, "slow down"]);
  });

  it("that leaves is gone, and holds nobody up", async () => {
    const output = new TurnOutput("stream");
    const { origin, served } = await serving(output, "stream");
    const leaving = new AbortController();
    fetch(origin, { signal: leaving.signal }).catch(() => {});
    output.writeHead(200, stream);
    output.flushHead();
    setTimeout(() => leaving.abort(), 50);
    expect(await served).toBe("gone");
    expect(output.write(Buffer.from("more"))).toBe(true);
  });

  it("that does not read on is waited for", async () => {
    const output = new TurnOutput("stream");
    const { origin } = await serving(output, "stream");
    const answering = fetch(origin);
    output.writeHead(200, stream);
    output.flushHead();
    const answer = await answering;
    const piece = Buffer.alloc(1024 * 1024, "x");
    let sent = 1;
    while (output.write(piece)) sent++;
    expect(sent).toBeLessThan(64);
    const drained = output.drained();
    const reading = answer.arrayBuffer();
    await drained;
    void output.end();
    expect((await reading).byteLength).toBe(sent * piece.length);
  });

  it("hears why the work on it failed", async () => {
    const output = new TurnOutput("stream");
    const { origin, served } = await serving(output, "stream");
    fetch(origin).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 50));
    output.fail(new Error("no upstream"));
    await expect(served).rejects.toThrow("no upstream");
  });

  it("is kept awake once its answer has begun", async () => {
    const output = new TurnOutput("stream");
    const { origin } = await serving(output, "stream");
    const asking = fetch(origin);
    await new Promise((resolve) => setTimeout(resolve, 50));
    output.keepAlive(Buffer.from(": early\n\n"));
    output.writeHead(200, stream);
    output.flushHead();
    output.keepAlive(Buffer.from(": here\n\n"));
    void output.end(Buffer.from("data: 1\n\n"));
    expect(await (await asking).text()).toBe(": here\n\ndata: 1\n\n");
  });
});

describe("a client of a turn that breaks off and is written down", () => {
  it("hears of the error once that is written, and not before", async () => {
    const output = new TurnOutput("stream");
    const writing = Promise.withResolvers<void>();
    output.recorder = recorder({ written: () => writing.promise });
    output.writeHead(200, stream);
    output.write(Buffer.from("data: 1\n\n"));
    const { origin, served } = await serving(output, "stream");
    const reader = (await fetch(origin)).body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe("data: 1\n\n");
    output.brokeOff = true;
    output.write(Buffer.from("data: error\n\n"));
    void output.end();
    const next = reader?.read();
    expect(await Promise.race([next, sleep(100, "nothing")])).toBe("nothing");
    writing.resolve();
    expect((await next)?.value).toBe("data: error\n\n");
    expect((await reader?.read())?.done).toBe(true);
    expect(await served).toBe("answered");
  });
});
