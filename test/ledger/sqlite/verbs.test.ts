import { DatabaseSync, constants } from "node:sqlite";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
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
  const asked: Readonly<Partial<Record<VerbName, unknown>>> = {
    read: id,
    facts: { tenant: "local", subject: "run:r", kind: undefined },
    get: { tenant: "local", hash: "none" },
    listRuns: { limit: 1 },
    listClaims: { limit: 1 },
    health: null,
  };
  const reading = (Object.keys(verbs) as VerbName[]).filter((name) => !verbs[name].writes);
  expect(reading.sort()).toEqual(Object.keys(asked).sort());
  open.store.connection.exec("PRAGMA query_only = ON");
  for (const name of reading) expect(() => runVerb(open.store, name, asked[name], 1000)).not.toThrow();
});

it("stamps what it writes with the time of the question", () => {
  const claimed = runVerb(open.store, "claim", claimAsk(), 7777);
  expect(claimed).toMatchObject({ kind: "made", atMs: 7777 });
});

/** One of each question that the gateway asks while it serves, of its own key. */
function questions(which: string): readonly (readonly [VerbName, unknown])[] {
  const attempt = { tenant: "local", run: `run ${which}`, attempt: which } as const;
  const claim = claimAsk({ ...attempt, key: which });
  const turn = claimAsk({ ...attempt, key: which, kind: "turn", clientKey: which, clientKeyScope: which });
  const fence = ({ id, nonce }: typeof claim): object => ({ id, nonce, epoch: 1 });
  const answer = { status: 200, headers: [], body: [which], extent: "whole" } as const;
  const bytes = Buffer.from(which);
  return [
    ["claim", claim],
    ["claim", turn],
    // Once more, and as another attempt.
    ["claim", { ...claimAsk({ ...attempt, key: which }) }],
    ["claim", { ...claimAsk({ ...attempt, key: which, attempt: `other ${which}` }) }],
    ["renew", [{ fence: fence(turn), leaseMs: which.length }]],
    ["put", { tenant: "local", bytes }],
    ["putAll", [{ tenant: "local", address: which, bytes }]],
    ["append", [{ tenant: "local", subject: which, kind: which, json: JSON.stringify(which) }]],
    ["settle", { fence: fence(claim), settlement: { state: "done", answer }, isKnown: true }],
    ["settle", { fence: fence(turn), settlement: { state: "declined", reason: which }, isKnown: false }],
    ["markDelivered", [claim.id]],
    ["read", claim.id],
    ["facts", { tenant: "local", subject: which, kind: which }],
    ["facts", { tenant: "local", subject: which, kind: undefined, page: { limit: which.length } }],
    ["get", { tenant: "local", hash: which }],
    ["listRuns", { tenant: "local", run: which, limit: which.length }],
    ["listClaims", { ...attempt, kind: "turn", limit: which.length }],
    ["listClaims", { ...attempt, notAskedBy: { attempt: which }, limit: which.length }],
  ];
}

it("prepares no statement again because its values are others", () => {
  const prepare = vi.spyOn(DatabaseSync.prototype, "prepare");
  const other = storeUnderTest();
  try {
    const ask = (which: string): readonly VerbName[] => {
      const again = new Set<VerbName>();
      for (const [verb, question] of questions(which)) {
        const before = parts;
        runVerb(other.store, verb, question, which.length * 1000);
        if (parts > before) again.add(verb);
      }
      return [...again];
    };
    let parts = 0;
    // SQLite asks who may do it about each part of a statement that it prepares.
    const database = prepare.mock.contexts.at(-1) as DatabaseSync;
    database.setAuthorizer(() => {
      parts++;
      return constants.SQLITE_OK;
    });
    expect(ask("first")).toContain("listClaims");
    ask("second one");
    expect(ask("the third")).toEqual([]);
  } finally {
    other.close();
    prepare.mockRestore();
  }
});
