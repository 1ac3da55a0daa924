import type { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { ConfinedCheck, Exhausted } from "../../src/validators/confined-check.ts";
import { BrokenSchema, OverLimit, type Schema } from "../../src/validators/schema.ts";

const none: ReadonlySet<string> = new Set();
const roomy = { timeoutMs: 20_000, heapMegabytesMax: 64, waitingMax: 8 };
const opened: ConfinedCheck[] = [];

function confined(limits: Partial<typeof roomy> = {}): ConfinedCheck {
  const check = new ConfinedCheck({ ...roomy, ...limits });
  opened.push(check);
  return check;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map(async (check) => check.close()));
});

const text: Schema = { type: ["string"] };

/** Visits without end, in effect: 2^60 of them. */
function doubling(): Schema[] {
  const targets: Schema[] = [];
  for (let level = 0; level < 60; level += 1) {
    const ref = { $ref: `#/$defs/${level + 1}` };
    targets.push({ allOf: [ref, ref] });
  }
  return [...targets, text];
}

/** Every visit leaves an error behind: 2^60 of them. */
function hoarding(): Schema[] {
  const targets: Schema[] = [];
  for (let level = 0; level < 60; level += 1) {
    const ref = { $ref: `#/$defs/${level + 1}` };
    targets.push({ anyOf: [ref, ref] });
  }
  return [...targets, text];
}

describe("a check in a thread of its own", () => {
  it("says what a check in this thread would say", async () => {
    const check = confined();
    expect(await check.check("a", [text], none, '"x"')).toBeNull();
    expect(await check.check("a", [text], none, "1")).toMatchObject({ keyword: "type" });
    await expect(check.check("b", [{ $ref: "#/$defs/9" }], none, "1")).rejects.toThrow(BrokenSchema);
    expect(check.terminated).toBe(0);
  });

  it("is ended when it takes too long, and the next check gets a new thread", async () => {
    const check = confined({ timeoutMs: 300 });
    const threads: Worker[] = [];
    const note = (worker: Worker): void => void threads.push(worker);
    process.on("worker", note);
    await expect(check.check("slow", doubling(), none, '"x"')).rejects.toThrow(Exhausted);
    expect(check.terminated).toBe(1);
    expect(await confined().check("a", [text], none, '"x"')).toBeNull();
    await expect(check.check("slow", doubling(), none, '"x"')).rejects.toThrow("took more than 300 ms");
    expect(check.terminated).toBe(2);
    process.off("worker", note);
    // A thread that was ended has no id any more.
    expect(threads.map(({ threadId }) => threadId)).toContain(-1);
    expect(threads.filter(({ threadId }) => threadId === -1)).toHaveLength(2);
  });

  it("is ended when it takes too much memory, and the process lives", async () => {
    const check = confined({ heapMegabytesMax: 32 });
    await expect(check.check("large", hoarding(), none, "1")).rejects.toThrow("more memory than allowed");
    expect(check.terminated).toBe(1);
    expect(await check.check("a", [text], none, '"x"')).toBeNull();
  });

  it("makes others wait, not fail, for the one at fault", async () => {
    const check = confined({ timeoutMs: 1_500 });
    const slow = check.check("slow", doubling(), none, '"x"').catch((thrown: unknown) => thrown);
    const others = await Promise.all([1, 2, 3].map(async () => check.check("a", [text], none, '"x"')));
    expect(others).toEqual([null, null, null]);
    expect(await slow).toBeInstanceOf(Exhausted);
  });

  it("refuses to queue without bound, and after it was closed", async () => {
    const check = confined({ waitingMax: 1 });
    const first = check.check("a", [text], none, '"x"');
    await expect(check.check("a", [text], none, '"x"')).rejects.toThrow("too many large schemas wait");
    await first;
    await check.close();
    await expect(check.check("a", [text], none, '"x"')).rejects.toThrow(OverLimit);
  });
});
