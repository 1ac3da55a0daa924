import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Slices } from "../../src/proxy/slices.ts";
import { startTestGateway } from "./support/running-gateway.ts";

/** Keeps this thread busy. */
function spin(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

it("is how exchanges begin, and how answers of the ledger are handed over", async () => {
  const added = vi.spyOn(Slices.prototype, "add");
  const tool = createServer((_request, response) => response.end("{}"));
  await new Promise<void>((resolve) => tool.listen(0, "127.0.0.1", resolve));
  const { port } = tool.address() as AddressInfo;
  const gateway = await startTestGateway({ tools: { pay: { url: `http://127.0.0.1:${port}` } } });
  const piecesOf = async (init: RequestInit): Promise<number> => {
    const before = added.mock.calls.length;
    const answer = await fetch(`${gateway.url}/tools/pay/charges`, init);
    expect(answer.status).toBe(200);
    return added.mock.calls.length - before;
  };
  // What only reads asks the ledger nothing: the one piece is its beginning.
  expect(await piecesOf({})).toBe(1);
  // The exchange, its intent and its outcome.
  expect(await piecesOf({ method: "POST", body: "{}" })).toBeGreaterThanOrEqual(3);
  await gateway.stop();
  tool.close();
  added.mockRestore();
});

describe("work that comes all at once", () => {
  afterEach(() => vi.restoreAllMocks());

  it("is done in its order, and none of it at once", async () => {
    const done: number[] = [];
    const slices = new Slices();
    [1, 2, 3].forEach((n) => slices.add(() => done.push(n)));
    expect(done).toEqual([]);
    await expect.poll(() => done).toEqual([1, 2, 3]);
  });

  it("leaves the event loop its turns", async () => {
    const done: number[] = [];
    const slices = new Slices();
    for (let n = 0; n < 20; n += 1)
      slices.add(() => {
        spin(1.5);
        done.push(n);
      });
    const seen: number[] = [];
    while (done.length < 20) {
      await turn();
      seen.push(done.length);
    }
    // One piece is more than a slice, so each turn does one: other work comes in between.
    expect(Math.max(...seen.map((now, at) => now - (seen[at - 1] ?? 0)))).toBe(1);
  });

  it("does what is short together", async () => {
    vi.spyOn(performance, "now").mockReturnValue(0);
    const done: number[] = [];
    const slices = new Slices();
    for (let n = 0; n < 100; n += 1) slices.add(() => done.push(n));
    await turn();
    expect(done).toHaveLength(100);
  });

  it("goes on behind a piece that throws", () => {
    const done: string[] = [];
    const immediates: (() => void)[] = [];
    vi.spyOn(globalThis, "setImmediate").mockImplementation((work) => {
      immediates.push(work as () => void);
      return {} as NodeJS.Immediate;
    });
    const slices = new Slices();
    slices.add(() => {
      throw new Error("a fault");
    });
    slices.add(() => done.push("second"));
    expect(() => immediates.shift()?.()).toThrow("a fault");
    immediates.shift()?.();
    expect(done).toEqual(["second"]);
    slices.add(() => done.push("third"));
    immediates.shift()?.();
    expect(done).toEqual(["second", "third"]);
  });

  it("takes work that comes while it is at work, also the last piece's", async () => {
    const done: string[] = [];
    const slices = new Slices();
    slices.add(() => {
      done.push("first");
      slices.add(() => done.push("second"));
    });
    await expect.poll(() => done).toEqual(["first", "second"]);
    slices.add(() => done.push("third"));
    await expect.poll(() => done).toHaveLength(3);
  });
});
