import { expect, it } from "vitest";
import { Waiters } from "../../src/ledger/waiters.ts";

it("wakes all who wait for one id, and nobody else", async () => {
  const waiters = new Waiters();
  const woken: string[] = [];
  const wait = (name: string, id: string) =>
    waiters
      .next(id)
      .within(60_000)
      .then(() => woken.push(name));
  const both = [wait("one", "a"), wait("two", "a")];
  const other = wait("other", "b");
  waiters.wake("a");
  await Promise.all(both);
  expect(woken).toEqual(["one", "two"]);
  waiters.wakeAll();
  await other;
  expect(waiters.size).toBe(0);
});

it("does not miss what happens between looking and waiting", async () => {
  const waiters = new Waiters();
  const change = waiters.next("a");
  waiters.wake("a");
  await change.within(60_000);
  expect(waiters.size).toBe(0);
});

it("gives up after its time, and holds nothing for who did", async () => {
  const waiters = new Waiters();
  await waiters.next("a").within(1);
  waiters.next("b").forget();
  expect(waiters.size).toBe(0);
});
