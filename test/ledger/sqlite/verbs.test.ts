import { afterEach, beforeEach, expect, it } from "vitest";
import type { OpenStore } from "../../../src/ledger/sqlite/opening.ts";
import { runVerb, verbs, type VerbName } from "../../../src/ledger/sqlite/verbs.ts";
import { claimAsk } from "./asking.ts";
import { storeUnderTest } from "./under-test.ts";

let open: OpenStore;
beforeEach(() => {
  open = storeUnderTest();
});
afterEach(() => open.close());

it("writes nothing with a verb that is said only to read", () => {
  const { id } = claimAsk();
  const questions: Readonly<Partial<Record<VerbName, unknown>>> = {
    read: id,
    facts: { tenant: "local", subject: "run:r", kind: undefined },
    get: { tenant: "local", hash: "none" },
    listRuns: { limit: 1 },
    listClaims: { limit: 1 },
    health: null,
  };
  const reading = (Object.keys(verbs) as VerbName[]).filter((name) => !verbs[name].writes);
  expect(reading.sort()).toEqual(Object.keys(questions).sort());
  open.store.connection.exec("PRAGMA query_only = ON");
  for (const name of reading) expect(() => runVerb(open.store, name, questions[name], 1000)).not.toThrow();
});

it("stamps what it writes with the time of the question", () => {
  const claimed = runVerb(open.store, "claim", claimAsk(), 7777);
  expect(claimed).toMatchObject({ kind: "made", atMs: 7777 });
});
