import { describe, expect, it } from "vitest";
import { Slots } from "../../../src/ledger/postgres/slots.ts";

/** Work that ends when it is told to. */
function work(slots: Slots, begun: string[], name: string): { end(): void; done: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = slots.with(() => {
    begun.push(name);
    return promise;
  });
  return { end: resolve, done };
}

describe("slots", () => {
  it("let so many work at a time, and the others in the order of their coming", async () => {
    const slots = new Slots(2, 10);
    const begun: string[] = [];
    const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => work(slots, begun, name));
    expect(begun).toEqual(["a", "b"]);
    b?.end();
    await b?.done;
    const e = work(slots, begun, "e");
    await Promise.resolve();
    expect(begun).toEqual(["a", "b", "c"]);
    for (const one of [a, c, d, e]) one?.end();
    await e.done;
    expect(begun).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("say when no more may wait", () => {
    const slots = new Slots(1, 1);
    const begun: string[] = [];
    work(slots, begun, "works");
    expect(slots.isFull).toBe(false);
    work(slots, begun, "waits");
    expect(slots.isFull).toBe(true);
  });

  it("are free again after work that failed", async () => {
    const slots = new Slots(1, 1);
    await expect(slots.with(() => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
    expect(await slots.with(async () => "fine")).toBe("fine");
  });

  it("are idle once all have worked, those that waited too", async () => {
    const slots = new Slots(1, 2);
    await slots.idle();
    const begun: string[] = [];
    const [one, two] = [work(slots, begun, "one"), work(slots, begun, "two")];
    let isIdle = false;
    const idle = slots.idle().then(() => (isIdle = true));
    one.end();
    await one.done;
    expect(isIdle).toBe(false);
    two.end();
    await idle;
    expect(begun).toEqual(["one", "two"]);
  });
});
