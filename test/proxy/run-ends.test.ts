import { expect, it, onTestFinished } from "vitest";
import { LongstopError } from "../../src/exchange/error.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { RunEnds } from "../../src/proxy/run-ends.ts";
import { sqliteUnderTest } from "../ledger/sqlite/under-test.ts";
import { callerOf } from "./support/plain-exchange.ts";
import { recordedLog } from "./support/recorded-log.ts";

async function open() {
  const under = await sqliteUnderTest();
  onTestFinished(() => under.close());
  const state = { isDown: false, reads: 0, nowMs: 1000 };
  const refuseIfDown = (): void => {
    if (state.isDown) throw new LongstopError("ledger_down", "down");
  };
  const ledger: Pick<Ledger, "facts" | "append"> = {
    async facts(...args) {
      state.reads++;
      refuseIfDown();
      return under.ledger.facts(...args);
    },
    async append(facts) {
      refuseIfDown();
      return under.ledger.append(facts);
    },
  };
  const { log, entries } = recordedLog();
  return { state, ledger, entries, ends: new RunEnds(ledger, log, () => state.nowMs) };
}

const caller = callerOf({ id: "r" });
const by = { by: "ann", reason: null };
const admitted = async (ends: RunEnds, who = caller): Promise<string> => {
  try {
    await ends.admit(who);
    return "open";
  } catch (thrown) {
    return LongstopError.from(thrown).code;
  }
};

it("lets no exchange into a run that was closed because the ledger is down, and asks that once in a while", async () => {
  const { ends, state } = await open();
  await ends.close(caller, by);
  state.isDown = true;
  state.nowMs += 61_000;
  expect(await admitted(ends)).toBe("run_closed");
  const other = callerOf({ id: "s" });
  const before = state.reads;
  expect(await admitted(ends, other)).toBe("open");
  expect(await admitted(ends, other)).toBe("open");
  expect(state.reads).toBe(before + 1);
});

it("asks the ledger once in a while, and nothing at all for an anonymous run", async () => {
  const { ends, state } = await open();
  expect(ends.admit(callerOf())).toBeUndefined();
  expect(await admitted(ends)).toBe("open");
  expect(ends.admit(caller)).toBeUndefined();
  expect(state.reads).toBe(1);
  state.nowMs += 1001;
  expect(await admitted(ends)).toBe("open");
  expect(state.reads).toBe(2);
});

it("refuses a closed run at once in this process, and a second later in every other", async () => {
  const { ends, state, ledger } = await open();
  const other = new RunEnds(ledger, recordedLog().log, () => state.nowMs);
  expect(await admitted(other)).toBe("open");
  expect(await ends.close(caller, by)).toBe(true);
  expect(await admitted(ends)).toBe("run_closed");
  state.nowMs += 1001;
  expect(await admitted(other)).toBe("run_closed");
  const reads = state.reads;
  expect(await admitted(other)).toBe("run_closed");
  expect(state.reads).toBe(reads);
  expect(await admitted(new RunEnds(ledger, recordedLog().log, () => state.nowMs))).toBe("run_closed");
});

it("tells tenants and runs apart", async () => {
  const { ends } = await open();
  await ends.close(caller, by);
  expect(await admitted(ends, callerOf({ id: "r" }, "t"))).toBe("open");
  expect(await admitted(ends, callerOf({ id: "r2" }))).toBe("open");
});

it("is open while the ledger is down, and closes nothing that it could not write", async () => {
  const { ends, state, entries } = await open();
  state.isDown = true;
  expect(await admitted(ends)).toBe("open");
  expect(await ends.close(caller, by)).toBe(false);
  expect(await admitted(ends)).toBe("open");
  expect(entries.map(({ what }) => what)).toContain("a run cannot be closed");
  state.isDown = false;
  expect(await admitted(ends)).toBe("open");
});

it("does not let in who was read as open while the run was being closed", async () => {
  const { ends, ledger, state } = await open();
  const slow = new RunEnds(
    {
      ...ledger,
      facts: async () => {
        await slow.close(caller, by);
        return [];
      },
    },
    recordedLog().log,
    () => state.nowMs,
  );
  expect(await admitted(slow)).toBe("run_closed");
  expect(await admitted(ends)).toBe("run_closed");
});

it("opens an id again once its facts have left by age", async () => {
  const { state } = await open();
  const facts: unknown[] = [{}];
  const ledger = { facts: () => Promise.resolve(facts), append: () => Promise.resolve([]) } as never;
  const ends = new RunEnds(ledger, recordedLog().log, () => state.nowMs);
  expect(await admitted(ends)).toBe("run_closed");
  facts.length = 0;
  state.nowMs += 60_001;
  expect(await admitted(ends)).toBe("open");
});
