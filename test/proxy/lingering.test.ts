import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { readAway } from "../../src/proxy/lingering.ts";
import { closed, startHttp } from "./support/loopback.ts";

/** A server that answers before it has read a request, and a client that has sent half of one. */
async function answeredEarly(
  patience: { idleMs: number; inAllMs: number },
  length = 10,
): Promise<{ client: Socket; got: () => string }> {
  const { port } = await startHttp((incoming, outgoing) => {
    incoming.on("error", () => {});
    outgoing.end("early", () => readAway(incoming, patience));
  });
  const client = connect(port, "127.0.0.1");
  client.on("error", () => {});
  let text = "";
  client.on("data", (chunk) => (text += String(chunk)));
  client.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\nhalf-`);
  await expect.poll(() => text).toContain("early");
  return { client, got: () => text };
}

describe("a request that was answered before it was whole", () => {
  it("is read to its end, and its connection carries the next one", async () => {
    const { client, got } = await answeredEarly({ idleMs: 60_000, inAllMs: 60_000 });
    client.write("done!POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n");
    await expect.poll(() => got().split("early").length).toBe(3);
    client.destroy();
  });

  it("is cut off once nothing comes any more", async () => {
    const { client } = await answeredEarly({ idleMs: 20, inAllMs: 60_000 });
    await closed(client);
    expect(client.destroyed).toBe(true);
  });

  it("is cut off where it goes on for ever", async () => {
    const { client } = await answeredEarly({ idleMs: 60_000, inAllMs: 100 }, 1_000_000);
    const sending = setInterval(() => client.write("x"), 10);
    await closed(client);
    clearInterval(sending);
    expect(client.destroyed).toBe(true);
  });
});
