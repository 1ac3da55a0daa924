import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { append, factsOf, lockName } from "../../../src/ledger/postgres/facts.ts";
import { type DatabaseUnderTest, databaseUnderTest } from "./under-test.ts";

const fact = { tenant: "local", subject: "run:r", kind: "k", json: '"\\u0000\\ud800"' };

describe("facts in PostgreSQL", () => {
  let open: DatabaseUnderTest;
  beforeAll(async () => {
    open = await databaseUnderTest();
  });
  afterAll(() => open.close());

  it("are not appended in a ledger that was put back, but for what ends work that began before", async () => {
    const one = { ...fact, subject: "behind" };
    await expect(append(open.database.alone, [one], "behind", 1_000_000)).rejects.toMatchObject({
      code: "LS001",
    });
    expect(await open.count("facts where subject = 'behind'")).toBe(0);
    expect(await append(open.database.alone, [one], "behind")).toHaveLength(1);
  });

  it("are there once, also where a batch is sent again", async () => {
    const first = await append(open.database.alone, [fact, fact], "batch");
    expect(first.map(({ value }) => value)).toEqual(["\0\ud800", "\0\ud800"]);
    expect(await append(open.database.alone, [fact, fact], "batch")).toEqual(first);
    expect(await factsOf(open.database.alone, "local", "run:r", undefined)).toEqual(first);
    expect(await append(open.database.alone, [], "nothing")).toEqual([]);
  });

  it("cannot be changed by anybody", async () => {
    await append(open.database.alone, [{ ...fact, subject: "fixed" }], "fixed");
    await expect(open.database.alone.run("update @facts set kind = 'x'")).rejects.toThrow("only appended");
  });

  it("wait for who appends to the same subject, and for nobody else", async () => {
    let waiting: Promise<unknown> = Promise.resolve();
    await open.database.transaction(async (queries) => {
      await queries.one("select pg_advisory_xact_lock(hashtextextended(:name, 0))", {
        name: lockName("local", "locked"),
      });
      let isThere = false;
      waiting = append(open.database.alone, [{ ...fact, subject: "locked" }], "w").then(
        () => (isThere = true),
      );
      await append(open.database.alone, [{ ...fact, subject: "other" }], "o");
      // Long enough for it, if it did not wait.
      await setTimeout(300);
      expect(isThere).toBe(false);
    });
    await waiting;
    expect(await open.count("facts where subject = 'locked'")).toBe(1);
  });
});
