import { afterEach, beforeEach, expect, it } from "vitest";
import { append, factsOf } from "../../../src/ledger/sqlite/facts.ts";
import type { OpenStore } from "../../../src/ledger/sqlite/opening.ts";
import { storeUnderTest } from "./under-test.ts";

let open: OpenStore;
beforeEach(() => {
  open = storeUnderTest();
});
afterEach(() => open.close());

const fact = (json: string) => ({ tenant: "local", subject: "run:r", kind: "k", json });

it("gives facts their place and time", () => {
  const [one, two] = append(open.store, [fact('{"a":1}'), fact("null")], 1234);
  expect(one).toEqual({
    tenant: "local",
    subject: "run:r",
    kind: "k",
    value: { a: 1 },
    sequence: 1,
    atMs: 1234,
  });
  expect(two).toMatchObject({ value: null, sequence: 2 });
});

it("never gives a place twice, also after the last fact has left", () => {
  append(open.store, [fact("1"), fact("2")], 1000);
  open.store.connection.run("delete from facts");
  expect(append(open.store, [fact("3")], 1000)[0]?.sequence).toBe(3);
});

it("keeps the order of appending when the clock was set back", () => {
  append(open.store, [fact("1")], 2000);
  append(open.store, [fact("2")], 1000);
  expect(factsOf(open.store, "local", "run:r", undefined).map((each) => each.value)).toEqual([1, 2]);
});

it("cannot be rewritten, by an operator's SQL either", () => {
  append(open.store, [fact("1")], 1000);
  expect(() => open.store.connection.run("update facts set value = '2'")).toThrow("facts are only appended");
});
