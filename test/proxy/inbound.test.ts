import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { LongstopError } from "../../src/exchange/error.ts";
import { startInbound } from "./support/inbound-server.ts";

/** A client that decides itself when what is written, and when it leaves. */
async function rawClient(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** What the gateway does with a failure: it answers, and reads nothing more from this connection. */
const answerFailure = (bytesMax: number): Parameters<typeof startInbound>[0] => {
  return async (inbound) => {
    try {
      const body = await inbound.readBody(bytesMax);
      await inbound.sendWhole(200, [], body);
    } catch (thrown) {
      if (!inbound.incoming.complete) inbound.notes.set("connection", "close");
      const { status, code } = thrown as LongstopError;
      await inbound.sendWhole(status, [], code);
    }
  };
};

describe("the body of a request", () => {
  it("is read whole, as the bytes that came", async () => {
    const { origin } = await startInbound(answerFailure(1_000));
    const bytes = Buffer.from([0, 255, 13, 10, 0]);
    const answer = await fetch(origin, { method: "POST", body: bytes });
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
  });

  it("may be as long as the limit", async () => {
    const { origin } = await startInbound(answerFailure(10));
    expect((await fetch(origin, { method: "POST", body: "x".repeat(10) })).status).toBe(200);
    expect((await fetch(origin, { method: "POST", body: "x".repeat(11) })).status).toBe(413);
  });

  it("that announces too much is refused before a byte of it came", async () => {
    const { port } = await startInbound(answerFailure(10));
    const client = await rawClient(port);
    client.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n");
    expect(await text(client)).toMatch(/^HTTP\/1.1 413 [^]*request_too_large$/);
  });

  it("that is refused while its client still sends gets its answer, and not a reset", async () => {
    const { port } = await startInbound(answerFailure(1_000));
    const client = await rawClient(port);
    const bytes = 50_000_000;
    client.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n\r\n`);
    // As clients do that read only once they have sent all.
    client.pause();
    const sent = new Promise((resolve) => client.write(Buffer.alloc(bytes), resolve));
    expect(await sent).toBeFalsy();
    expect(await text(client)).toMatch(/^HTTP\/1.1 413 [^]*request_too_large$/);
  });

  it("that grows too large without announcing it is refused too, in an answer and not by a reset", async () => {
    const { origin } = await startInbound(answerFailure(1_000));
    const chunks = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 2_000; i++) controller.enqueue(new Uint8Array(1_000));
        controller.close();
      },
    });
    const answer = await fetch(origin, { method: "POST", body: chunks, duplex: "half" });
    expect(answer.status).toBe(413);
    expect(await answer.text()).toBe("request_too_large");
  });

  it("that breaks off is no body", async () => {
    const { port, served } = await startInbound((inbound) => inbound.readBody(1_000));
    const client = await rawClient(port);
    client.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf", () => client.destroy());
    await expect(served).rejects.toMatchObject({ code: "request_malformed" });
  });

  it.each([
    ["", false],
    ["Content-Length: 0\r\n", false],
    ["Content-Length: 3\r\n", true],
    ["Transfer-Encoding: chunked\r\n", true],
  ])("is announced by its headers: %j", async (header, announced) => {
    const { port, served } = await startInbound(async (inbound) => inbound.hasBody);
    const client = await rawClient(port);
    client.write(`POST / HTTP/1.1\r\nHost: x\r\n${header}\r\n`);
    expect(await served).toBe(announced);
    client.destroy();
  });
});

describe("an answer", () => {
  it("has the request id, the overhead and the notes behind the headers that it was given", async () => {
    const { origin } = await startInbound(async (inbound) => {
      expect(inbound.started).toBe(false);
      inbound.notes.set("longstop-interventions", "{}");
      await inbound.sendWhole(201, ["X-Twice", "a", "x-twice", "b"], "done ✓");
      expect(inbound.started).toBe(true);
    });
    const answer = await fetch(`${origin}/path?q`, { method: "PUT" });
    expect(answer.status).toBe(201);
    expect(await answer.text()).toBe("done ✓");
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "x-twice": "a, b",
      "content-length": "8",
      "longstop-request-id": "exchange-1",
      "longstop-overhead-ms": expect.stringMatching(/^\d+\.\d{3}$/),
      "longstop-interventions": "{}",
    });
  });

  it.each([204, 304])("with status %i has no length", async (status) => {
    const { port } = await startInbound((inbound) => inbound.sendWhole(status, [], ""));
    const client = await rawClient(port);
    client.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(await text(client)).not.toMatch(/content-length/i);
  });

  it("carries every byte of a header that is not ASCII as it came", async () => {
    const { port } = await startInbound((inbound) =>
      inbound.sendWhole(200, ["x-name", "caf\u00c3\u00a9"], ""),
    );
    const client = await rawClient(port);
    client.setEncoding("latin1");
    client.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let received = "";
    for await (const chunk of client) received += chunk as string;
    expect(received).toContain("x-name: caf\u00c3\u00a9\r\n");
  });

  it("takes method and path as they stand on the wire", async () => {
    const { origin, served } = await startInbound(async (inbound) => {
      await inbound.sendWhole(200, [], "");
      return [inbound.method, inbound.url];
    });
    await fetch(`${origin}/a%2Fb?c=%20`, { method: "DELETE" });
    expect(await served).toEqual(["DELETE", "/a%2Fb?c=%20"]);
  });

  it("to a client that left resolves, and says so by `gone`", async () => {
    const arrived = Promise.withResolvers<void>();
    const { port, served } = await startInbound(async (inbound) => {
      arrived.resolve();
      await once(inbound.gone, "abort");
      await inbound.sendWhole(200, [], "nobody reads this");
      return [inbound.gone.aborted, inbound.started];
    });
    const client = await rawClient(port);
    client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await arrived.promise;
    client.resetAndDestroy();
    expect(await served).toEqual([true, false]);
  });

  it("that the client leaves in the middle of resolves too", async () => {
    const { port, served } = await startInbound(async (inbound) => {
      await inbound.sendWhole(200, [], Buffer.alloc(30_000_000));
      return inbound.gone.aborted;
    });
    const client = await rawClient(port);
    client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(client, "readable");
    client.destroy();
    expect(await served).toBe(true);
  });

  it("that was handed over leaves nobody gone, whatever the connection does later", async () => {
    const { origin, served } = await startInbound(async (inbound) => {
      await inbound.sendWhole(200, [], "ok");
      return inbound;
    });
    await (await fetch(origin, { headers: { connection: "close" } })).text();
    const inbound = (await served) as { gone: AbortSignal; outgoing: { closed: boolean } };
    if (!inbound.outgoing.closed) await once(inbound.outgoing as never, "close");
    expect(inbound.gone.aborted).toBe(false);
  });

  it("that cannot end well breaks the connection", async () => {
    const { origin } = await startInbound(async (inbound) => {
      inbound.writeHead(200, ["content-length", "10"]);
      inbound.outgoing.write("half");
      await new Promise((resolve) => setTimeout(resolve, 20));
      inbound.destroy();
    });
    const answer = await fetch(origin);
    await expect(answer.text()).rejects.toThrow("terminated");
  });
});

describe("the headers of an answer", () => {
  it("keep the bytes of a file name in UTF-8, wherever its length stands", async () => {
    const named = Buffer.from('attachment; filename="\u65e5\u672c.txt"', "utf8");
    const { port } = await startInbound(async (inbound) => {
      const headers = ["content-length", "2", "content-disposition", named.toString("latin1")];
      inbound.writeHead(200, headers);
      inbound.outgoing.end(Buffer.from("ok"));
    });
    const client = await rawClient(port);
    client.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const answer = await text(client);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).toContain(named.toString("utf8"));
    expect(answer).toMatch(/content-length: 2\r\n/);
  });
});

describe("a client that must not wait any longer", () => {
  it("is told something last, counts as gone, and gets nothing more of the answer", async () => {
    const { origin } = await startInbound(async (inbound) => {
      const left: string[] = [];
      inbound.onLeave(({ message }) => left.push(message));
      inbound.dismiss(() => void inbound.sendWhole(504, [], "later"));
      inbound.dismiss(() => expect.unreachable());
      expect([inbound.left, inbound.closed]).toEqual([true, true]);
      expect(left).toEqual(["the client was not let wait any longer"]);
      // What goes on does not know it yet.
      inbound.writeHead(200, ["x-late", "1"]);
      inbound.flushHead();
      expect(inbound.write(Buffer.from("the answer"))).toBe(true);
      inbound.keepAlive(Buffer.from(": keep-alive"));
      await inbound.end(Buffer.from("its end"));
      await inbound.sendWhole(200, [], "all of it");
      inbound.destroy();
      expect(left).toHaveLength(1);
    });
    const answer = await fetch(origin);
    expect([answer.status, answer.headers.get("x-late"), await answer.text()]).toEqual([504, null, "later"]);
  });

  it("gets the end of a stream that had begun", async () => {
    const { origin } = await startInbound(async (inbound) => {
      inbound.writeHead(200, []);
      inbound.write(Buffer.from("some "));
      expect(inbound.handedBytes).toBe(0);
      await nextTurn();
      expect(inbound.handedBytes).toBeGreaterThan(5);
      expect(inbound.isBehind).toBe(false);
      inbound.dismiss(() => void inbound.end(Buffer.from("last")));
      await inbound.end(Buffer.from("more"));
    });
    expect(await (await fetch(origin)).text()).toBe("some last");
  });

  it("is not kept on a connection that still has a request on it", async () => {
    const { port } = await startInbound(async (inbound) => {
      inbound.dismiss(() => void inbound.sendWhole(504, [], "later"));
      await once(inbound.outgoing, "close");
    });
    const client = await rawClient(port);
    client.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
    expect(await text(client)).toMatch(/^HTTP\/1.1 504 [^]*connection: close[^]*later$/i);
  });
});

describe("an exchange that is cancelled", () => {
  const cancelled = new LongstopError("exchange_cancelled", "Cancelled.");

  it("has its work told, once, and its client still there for an answer", async () => {
    const told: unknown[] = [];
    const { origin } = await startInbound(async (inbound) => {
      inbound.onLeave((reason) => told.push(reason));
      expect([inbound.cancel(cancelled), inbound.isCancelled, inbound.left]).toEqual([
        "cancelled",
        true,
        false,
      ]);
      inbound.onLeave((reason) => told.push(reason));
      expect(inbound.cancel(cancelled)).toBe("cancelled");
      await inbound.sendWhole(400, [], "told");
    });
    const answer = await fetch(origin);
    expect([answer.status, await answer.text(), told]).toEqual([400, "told", [cancelled, cancelled]]);
  });

  it("is too late once its answer is on its way", async () => {
    const { origin, served } = await startInbound(async (inbound) => {
      await inbound.sendWhole(200, [], "done");
      return inbound.cancel(cancelled);
    });
    await (await fetch(origin)).text();
    expect(await served).toBe("ended");
  });

  it("is what its work says, where to cancel it is more than to end the work", async () => {
    const told: unknown[] = [];
    const { origin } = await startInbound(async (inbound) => {
      inbound.onLeave((reason) => told.push(reason));
      inbound.cancelling = { cancel: () => ({ inDoubt: "op-1" }) };
      expect([inbound.cancel(cancelled), inbound.isCancelled]).toEqual([{ inDoubt: "op-1" }, false]);
      await inbound.sendWhole(200, [], "done");
    });
    expect([await (await fetch(origin)).text(), told]).toEqual(["done", []]);
  });
});
