import { describe, expect, it } from "vitest";
import { Gathered } from "../../../src/ledger/postgres/gathered.ts";

function doubling(sizeOf?: (asked: number) => number) {
  const batches: (readonly number[])[] = [];
  const gathered = new Gathered<number, number>(async (asked) => {
    batches.push(asked);
    if (asked.includes(13)) throw new Error("no");
    return asked.map((one) => one * 2);
  }, sizeOf);
  return { batches, gathered };
}

describe("questions of one turn of the event loop", () => {
  it("are answered by one statement, each with its own answer", async () => {
    const { batches, gathered } = doubling();
    const first = Promise.all([1, 2, 3].map((one) => gathered.ask(one)));
    await Promise.resolve();
    const last = gathered.ask(4);
    expect([await first, await last]).toEqual([[2, 4, 6], 8]);
    expect(batches).toEqual([[1, 2, 3, 4]]);
    expect(await gathered.ask(5)).toBe(10);
    expect(batches).toEqual([[1, 2, 3, 4], [5]]);
  });

  it("fail together, and alone", async () => {
    const { gathered } = doubling();
    const asked = await Promise.allSettled([13, 1].map((one) => gathered.ask(one)));
    expect(asked.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await gathered.ask(1)).toBe(2);
  });

  it("are several statements where they are many, or large", async () => {
    const many = doubling();
    await Promise.all(Array.from({ length: 300 }, (_, one) => many.gathered.ask(one + 20)));
    expect(many.batches.map(({ length }) => length)).toEqual([256, 44]);

    const large = doubling((one) => one * 1024 * 1024);
    await Promise.all([0.5, 0.5, 0.5, 9, 0.5].map((one) => large.gathered.ask(one)));
    expect(large.batches).toEqual([[0.5, 0.5], [0.5], [9], [0.5]]);
  });
});
