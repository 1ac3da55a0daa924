import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { ClientRelay } from "../../src/proxy/client-relay.ts";
import { Inbound } from "../../src/proxy/inbound.ts";
import { arrivingAnswer, type ArrivingAnswer } from "./support/arriving-answer.ts";
import { startHttp } from "./support/loopback.ts";

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Relayed {
  readonly arriving: ArrivingAnswer;
  readonly outgoing: ServerResponse;
  readonly inbound: Inbound;
  readonly client: Socket;
  /** What the client has got so far, with its status line and headers. */
  readonly got: () => string;
}

/** An answer on its way through a real response to a real client. */
async function relayed(reading = true): Promise<Relayed> {
  const asked = Promise.withResolvers<Inbound>();
  const { port } = await startHttp((incoming, outgoing) => {
    asked.resolve(new Inbound("one", incoming, outgoing));
  });
  const client = connect(port, "127.0.0.1");
  client.on("error", () => {});
  let received = "";
  if (reading) client.on("data", (chunk) => (received += String(chunk)));
  client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const inbound = await asked.promise;
  const arriving = arrivingAnswer();
  arriving.start();
  arriving.headers(200);
  return { arriving, outgoing: inbound.outgoing, inbound, client, got: () => received };
}

describe("an answer on its way to the client", () => {
  it("leaves as one chunk for each turn of the event loop, with the bytes that came", async () => {
    const { arriving, outgoing, inbound, got } = await relayed();
    outgoing.writeHead(200);
    const running = new ClientRelay(arriving.answer, inbound).run();
    for (const word of ["a", "b", "c"]) arriving.chunk(word);
    await expect.poll(got).toContain("\r\n3\r\nabc\r\n");
    arriving.chunk("d");
    arriving.end();
    await running;
    await expect.poll(got).toContain("\r\n1\r\nd\r\n0\r\n\r\n");
  });

  it("that is whole already leaves at once", async () => {
    const { arriving, outgoing, inbound, got } = await relayed();
    arriving.chunk("whole");
    arriving.end();
    outgoing.writeHead(200, ["content-length", "5"]);
    await new ClientRelay(arriving.answer, inbound).run();
    await expect.poll(got).toMatch(/\r\n\r\nwhole$/);
  });

  it("shows its headers before its first byte", async () => {
    const { arriving, outgoing, inbound, got } = await relayed();
    outgoing.writeHead(200, ["x-early", "1"]);
    const running = new ClientRelay(arriving.answer, inbound).run();
    await expect.poll(got).toContain("x-early: 1\r\n");
    arriving.end();
    await running;
  });

  it("does not copy long chunks together", async () => {
    const { arriving, outgoing, inbound, got } = await relayed();
    outgoing.writeHead(200);
    const running = new ClientRelay(arriving.answer, inbound).run();
    const long = "x".repeat(10_000);
    const concat = vi.spyOn(Buffer, "concat");
    arriving.chunk(long);
    arriving.chunk(long);
    arriving.end();
    await running;
    await expect.poll(got).toMatch(/0\r\n\r\n$/);
    expect(got().replaceAll(/[^x]/g, "")).toBe(long + long);
    expect(concat).not.toHaveBeenCalled();
    concat.mockRestore();
  });

  it("stops the upstream while the client does not read on", async () => {
    const { arriving, outgoing, inbound, client } = await relayed(false);
    outgoing.writeHead(200);
    const running = new ClientRelay(arriving.answer, inbound).run();
    const stoppedFor = async (): Promise<boolean> => {
      arriving.chunk(Buffer.alloc(1024 * 1024));
      for (let i = 0; i < 20; i++) await tick();
      return arriving.asked.at(-1) === "pause";
    };
    let sent = 1;
    // The kernel's buffers take the first chunks.
    while (!(await stoppedFor())) sent += 1;
    expect(sent).toBeLessThan(64);
    client.resume();
    await expect.poll(() => arriving.asked.at(-1)).toBe("resume");
    arriving.end();
    await running;
  });

  it("rejects with what it broke off with, and writes nothing more", async () => {
    const { arriving, outgoing, inbound, got } = await relayed();
    outgoing.writeHead(200);
    const running = new ClientRelay(arriving.answer, inbound).run();
    arriving.chunk("never sent");
    arriving.fail(new Error("cut"));
    await expect(running).rejects.toThrow("cut");
    await tick();
    expect(got()).not.toContain("never sent");
    outgoing.destroy();
  });

  it("is over where the client leaves before the last byte was handed over", async () => {
    const { arriving, outgoing, inbound, client } = await relayed(false);
    outgoing.on("error", () => {});
    outgoing.writeHead(200);
    const running = new ClientRelay(arriving.answer, inbound).run();
    arriving.chunk(Buffer.alloc(30_000_000));
    arriving.end();
    await once(client, "readable");
    client.destroy();
    await running;
    expect(inbound.left).toBe(true);
  });
});
