import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Call } from "../../../src/exchange/turn.ts";
import { Decisions } from "../../../src/proxy/decisions/decisions.ts";
import { type Binding, CallBinding } from "../../../src/proxy/effects/bind-call.ts";
import type { ToolExchange } from "../../../src/proxy/effects/tool-exchange.ts";
import type { DecisionMapping } from "../../../src/proxy/settings.ts";
import { sqliteUnderTest, type SqliteUnderTest } from "../../ledger/sqlite/under-test.ts";
import { engineSettings, toolOf } from "../support/engine-settings.ts";
import { callerOf, plainExchange } from "../support/plain-exchange.ts";
import { recordedLog } from "../support/recorded-log.ts";

const mapping: DecisionMapping = { tool: "pay", path: "/charges", arguments: { amount: "{/amount}" } };

let store: SqliteUnderTest;
let decisions: Decisions;
beforeEach(async () => {
  store = await sqliteUnderTest();
  decisions = new Decisions(store.ledger, recordedLog().log, Date.now);
});
afterEach(() => store.close());

interface Asked {
  readonly run?: string | null;
  readonly attempt?: string;
  readonly tool?: string;
  readonly method?: string;
  readonly mappings?: readonly DecisionMapping[];
}

function binding(body: object, asked: Asked = {}): CallBinding {
  const { run = "r", attempt = "a", tool = "bank", method = "POST", mappings = [mapping] } = asked;
  const exchange = {
    engine: { settings: engineSettings(), decisions },
    inbound: { method, incoming: { headers: {} } },
    at: plainExchange({ caller: callerOf({ id: run, attempt }) }),
    route: { path: "/charges", query: "" },
    tool: toolOf(tool, "http://bank", { decisions: mappings }),
  };
  return new CallBinding(exchange as unknown as ToolExchange, Buffer.from(JSON.stringify(body)));
}
const bind = (body: object, asked?: Asked): Promise<Binding | null> => binding(body, asked).find();

let turns = 0;
async function decide(amounts: readonly number[], attempt = "a"): Promise<string> {
  const turn = `t${(turns += 1)}`;
  const calls = amounts.map((amount, place): Call => ({
    id: `c${place}`,
    name: "pay",
    kind: "function",
    argumentsText: JSON.stringify({ amount, why: place }),
  }));
  const caller = callerOf({ id: "r", attempt });
  const names = new Set(["pay"]);
  const given = {
    caller,
    turn,
    epoch: 1,
    names,
    isRunning: () => false,
    calls: () => Promise.resolve(calls),
  };
  await decisions.give(given)();
  return turn;
}

describe("the decisions that a call carries out", () => {
  it("are counted and named", async () => {
    const first = await decide([5, 6, 5]);
    const second = await decide([5]);
    expect(await bind({ amount: 5 })).toMatchObject({
      callsMax: 3,
      decisions: [
        { turn: first, call: "c0" },
        { turn: first, call: "c2" },
        { turn: second, call: "c0" },
      ],
    });
  });

  it("make one operation of calls that differ in nothing that is mapped, in every attempt", async () => {
    await decide([5]);
    await decide([5, 6], "b");
    const key = (await bind({ amount: 5 }))?.key;
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect((await bind({ amount: 5.0, at: "10:00" }))?.key).toBe(key);
    expect((await bind({ amount: 5 }, { attempt: "b" }))?.key).toBe(key);
    expect((await bind({ amount: 6 }, { attempt: "b" }))?.key).not.toBe(key);
    expect((await bind({ amount: 5 }, { tool: "other" }))?.key).not.toBe(key);
    expect((await bind({ amount: 5 }, { method: "PUT" }))?.key).not.toBe(key);
    const step = { ...mapping, path: "/*" };
    expect((await bind({ amount: 5 }, { mappings: [step] }))?.key).not.toBe(key);
  });

  it("are named up to a number, and all of them count", async () => {
    await decide(Array.from({ length: 20 }, () => 5));
    const bound = await bind({ amount: 5 });
    expect([bound?.callsMax, bound?.decisions.length]).toEqual([20, 8]);
  });

  it("are none without a run, a mapping, or an answer that was seen", async () => {
    expect(await bind({ amount: 5 })).toBeNull();
    await decide([5]);
    expect(await bind({ amount: 5 }, { run: null })).toBeNull();
    expect(await bind({ amount: 5 }, { mappings: [] })).toBeNull();
    expect(await bind({ amount: 5 }, { mappings: [{ ...mapping, methods: ["PUT"] }] })).toBeNull();
  });

  it("are looked for once more only where a turn may have decided on another one", async () => {
    await decide([5]);
    const call = binding({ amount: 5 });
    expect((await call.find())?.callsMax).toBe(1);
    await decide([5]);
    expect(await call.findMore()).toBeNull();
    const turn = {
      kind: "turn",
      tenant: "local",
      key: "t",
      occurrence: "next",
      run: "r",
      attempt: "a",
    } as const;
    const rest = {
      stage: null,
      fingerprint: "",
      clientKey: null,
      clientKeyScope: "",
      detail: {},
      owner: "o",
    };
    const reuse = { running: false, undelivered: false, deliveredWithinMs: 0 };
    const claimed = await store.ledger.claim({ ...turn, ...rest, reuse, leaseMs: 3_600_000_000_000 });
    const more = call.findMore();
    await store.ledger.settle(claimed.record, { state: "declined" });
    expect((await more)?.callsMax).toBe(2);
  });
});
