import { setTimeout } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { LongstopError } from "../../src/exchange/error.ts";
import type { Caller } from "../../src/exchange/exchange.ts";
import type { Usage } from "../../src/exchange/turn.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { RunUsages, type RunShare } from "../../src/proxy/run-usage.ts";
import { sqliteUnderTest } from "../ledger/sqlite/under-test.ts";
import { recordedLog } from "./support/recorded-log.ts";

const usage: Usage = { inputTokens: 10, outputTokens: 2, cacheReadTokens: 4, cacheWriteTokens: undefined };

function callerIn(run: string | null, tenant = "local"): Caller {
  return { tenant, run: { id: run, stage: null, attempt: null }, agent: null };
}

/** A real ledger whose facts can be made to fail. */
async function start() {
  const under = await sqliteUnderTest();
  onTestFinished(() => under.close());
  const state = { down: false, reads: 0 };
  const ledger: Ledger = Object.create(under.ledger, {
    facts: {
      value: async (...args: Parameters<Ledger["facts"]>) => {
        state.reads++;
        if (state.down) throw new LongstopError("ledger_down", "down");
        return under.ledger.facts(...args);
      },
    },
    append: {
      value: async (...args: Parameters<Ledger["append"]>) => {
        if (state.down) throw new LongstopError("ledger_down", "down");
        return under.ledger.append(...args);
      },
    },
  });
  const { log, entries: lines } = recordedLog();
  const clock = { nowMs: 1_000 };
  const open = (): RunUsages => new RunUsages(ledger, log, () => clock.nowMs);
  return { state, lines, clock, open, usages: open() };
}

async function opened(usages: RunUsages, run = "r", tenant = "local"): Promise<RunShare> {
  const share = await usages.open(callerIn(run, tenant), "m");
  if (share === null) throw new Error("no share");
  return share;
}

/** One exchange from its beginning to its end. */
async function exchange(usages: RunUsages, run = "r"): Promise<void> {
  const share = await opened(usages, run);
  share.sent();
  share.used(usage);
  await share.close();
}

describe("what a run has used", () => {
  it("goes on over a restart, and belongs to one run of one tenant", async () => {
    const { usages, open, clock } = await start();
    await exchange(usages);
    clock.nowMs = 5_000;
    await exchange(usages);
    for (const after of [usages, open()]) {
      expect((await opened(after)).before).toEqual({
        calls: 2,
        startedAtMs: 1_000,
        complete: true,
        models: [{ model: "m", inputTokens: 20, outputTokens: 4, cacheReadTokens: 8, cacheWriteTokens: 0 }],
      });
      expect((await opened(after, "other")).before.calls).toBe(0);
      expect((await opened(after, "r", "another tenant")).before.calls).toBe(0);
    }
  });

  it("is nothing that an anonymous run has", async () => {
    const { usages, state } = await start();
    expect(await usages.open(callerIn(null), "m")).toBeNull();
    expect(state.reads).toBe(0);
  });

  it("is read from the ledger once", async () => {
    const { usages, state } = await start();
    await Promise.all([exchange(usages), exchange(usages), exchange(usages)]);
    await exchange(usages);
    expect(state.reads).toBe(1);
  });

  it("counts every request of an exchange, the hidden ones too, and none that never left", async () => {
    const { usages } = await start();
    const repaired = await opened(usages);
    repaired.sent();
    repaired.used(usage);
    repaired.sent();
    repaired.used(usage);
    await repaired.close();
    const unsent = await opened(usages);
    unsent.sent();
    unsent.notSent();
    await unsent.close();
    await (await opened(usages)).close();
    expect((await opened(usages)).before).toMatchObject({
      calls: 2,
      models: [expect.objectContaining({ inputTokens: 20 })],
    });
  });

  it("gives twenty exchanges at once twenty places, also before the ledger was read", async () => {
    const { usages } = await start();
    const shares = await Promise.all(Array.from({ length: 20 }, () => opened(usages)));
    expect(shares.map(({ before }) => before.calls)).toEqual(Array.from({ length: 20 }, (_, at) => at));
  });

  it("has what is estimated, once that is known", async () => {
    const { usages, lines } = await start();
    const share = await opened(usages);
    share.sent();
    share.used(Promise.resolve(usage));
    share.used(Promise.reject(new Error("no encoding")));
    // A failure that nobody had handled by now would end the process.
    await setTimeout(10);
    await share.close();
    expect((await opened(usages)).before.models).toMatchObject([{ inputTokens: 10 }]);
    expect(lines.map(({ what }) => what)).toEqual(["tokens of an answer cannot be estimated"]);
  });
});

describe("while the ledger is down", () => {
  it("says that the figures are not complete, until they are", async () => {
    const { usages, open, state } = await start();
    await exchange(usages);
    state.down = true;
    const later = open();
    const during = await opened(later);
    expect(during.before).toMatchObject({ calls: 0, complete: false });
    during.sent();
    during.used(usage);
    state.down = false;
    await during.close();
    expect((await opened(later)).before).toMatchObject({ calls: 2, complete: true });
    expect((await opened(open())).before).toMatchObject({ calls: 2, complete: true });
  });

  it("keeps counting a run that it knows, and writes what it could not", async () => {
    const { usages, open, state, lines } = await start();
    await exchange(usages);
    state.down = true;
    await exchange(usages);
    await exchange(usages);
    expect((await opened(usages)).before).toMatchObject({ calls: 3, complete: true });
    expect(lines.filter(({ what }) => what === "what a run has used cannot be written")).toHaveLength(2);
    state.down = false;
    await exchange(usages);
    expect((await opened(open())).before).toMatchObject({
      calls: 4,
      models: [expect.objectContaining({ inputTokens: 40 })],
    });
  });
});
