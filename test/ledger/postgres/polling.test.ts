import { expect, it } from "vitest";
import { Polling } from "../../../src/ledger/postgres/polling.ts";
import type { Queries } from "../../../src/ledger/postgres/database.ts";
import { Waiters } from "../../../src/ledger/waiters.ts";

/** A database that gives these answers, and remembers the ids that it was asked for. */
function answering(answers: (readonly string[] | Error)[], asked: unknown[]): Queries {
  return {
    all: async (_sql, values) => {
      asked.push(values?.["ids"]);
      const answer = answers.shift() ?? [];
      if (answer instanceof Error) throw answer;
      return answer.map((id) => ({ id }));
    },
    one: () => Promise.reject(new Error("one row is never asked for")),
    run: () => Promise.reject(new Error("nothing is ever written")),
  };
}

it("asks for all at once, wakes who waits for what ended, and stops when nobody waits", async () => {
  const waiters = new Waiters();
  const asked: unknown[] = [];
  const polling = new Polling(waiters, answering([["a", "b"], new Error("down"), ["b"]], asked));
  const woken: string[] = [];
  const waiting = ["a", "b"].map(async (id) => {
    await waiters.next(id).within(60_000);
    woken.push(id);
  });
  polling.begin();
  polling.begin();
  await waiting[0];
  expect(woken).toEqual(["a"]);
  // A database that cannot be asked says nothing of anybody.
  expect(asked).toEqual([
    ["a", "b"],
    ["a", "b"],
    ["a", "b"],
  ]);
  await waiting[1];
  expect(asked).toEqual([["a", "b"], ["a", "b"], ["a", "b"], ["b"]]);
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(asked).toHaveLength(4);
  polling.end();
});
