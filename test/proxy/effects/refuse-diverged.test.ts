import { afterEach, describe, expect, it } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import { resumeRun } from "../../../src/cli/run-resume.ts";
import type { ClaimRecord, Ledger } from "../../../src/ledger/ledger.ts";
import { refuseDiverged } from "../../../src/proxy/effects/refuse-diverged.ts";
import type { ToolExchange } from "../../../src/proxy/effects/tool-exchange.ts";
import { openStore } from "../../cli/ledgers.ts";
import { type Agent, type Site, startSite } from "../attempts/agent.ts";
import { engineSettings } from "../support/engine-settings.ts";
import { recordedLog } from "../support/recorded-log.ts";

let site: Site;
afterEach(() => site?.close());

/** An agent of the attempt b that asks for another turn than a, which paid 1, 2 and 3, after it paid 1. */
async function diverged(run: Readonly<Record<string, unknown>> = {}): Promise<Agent> {
  site = await startSite(run);
  await site.begin({ attempt: "a" }).work(3);
  const agent = site.begin({ attempt: "b" });
  await agent.work(1);
  agent.hear("Be quick.");
  await agent.turn();
  return agent;
}

describe("the effects of an attempt that goes another way", () => {
  it("wait for an operator, once one that was executed before was left out", async () => {
    const agent = await diverged();
    const before = site.counts();
    expect(await agent.pay(20)).toBe("run_paused");
    expect(await agent.pay(20)).toBe("run_paused");
    // What was executed is told, as ever.
    expect(await agent.pay(2)).toBe("replayed");
    expect(await agent.pay(20)).toBe("run_paused");
    expect(site.counts()).toEqual(before);
    // Nothing is left out any more.
    expect(await agent.pay(3)).toBe("replayed");
    expect(await agent.pay(20)).toBe("done");
    expect(site.counts()).toEqual([before[0], before[1] + 1]);
  });

  it("say which operation was left out, and what to do", async () => {
    const agent = await diverged();
    const answer = await fetch(`${site.gateway.url}/run/r/attempt/b/tools/pay/charges`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"amount":20}',
    });
    expect([answer.status, answer.headers.get("x-should-retry")]).toEqual([400, "false"]);
    const problem = (await answer.json()) as { detail: string; operation: string };
    expect(problem.detail).toContain('The attempt "b" of the run "r" asked the model for another turn');
    expect(problem.detail).toContain("longstop resume r --accept, or --fail");
    const left = await agent.pay(3);
    expect(left).toBe("replayed");
  });

  it("are executed where nothing was left out, where nobody minds, and in another attempt", async () => {
    const agent = await diverged({ onDivergence: "continue" });
    expect(await agent.pay(20)).toBe("done");
    expect(await site.begin({ attempt: "c" }).pay(21)).toBe("done");
    await site.close();
    site = await startSite({});
    await site.begin({ attempt: "a" }).work(1);
    const other = site.begin({ attempt: "b" });
    await other.work(1);
    other.hear("Be quick.");
    await other.turn();
    expect(await other.pay(20)).toBe("done");
  });

  it("are refused for good where that is wanted", async () => {
    const agent = await diverged({ onDivergence: "fail" });
    expect(await agent.pay(20)).toBe("run_diverged");
    expect(await agent.pay(2)).toBe("replayed");
  });

  it("go on, or never do, as an operator decided", async () => {
    const agent = await diverged();
    expect(await agent.pay(20)).toBe("run_paused");
    const operator = await openStore(site.gateway.ledgerFile, { nowMs: Date.now() }, "operator");
    const who = { run: "r", tenant: undefined, attempt: undefined, reason: undefined, user: "ann" };
    await resumeRun(operator, { ...who, decision: "fail" });
    expect(await agent.pay(20)).toBe("run_diverged");
    await resumeRun(operator, { ...who, decision: "accept" });
    expect(await agent.pay(20)).toBe("done");
    expect(await agent.pay(21)).toBe("done");
    // It was decided about that attempt, and about no other.
    const next = site.begin({ attempt: "c" });
    await next.work(1);
    next.hear("Take your time.");
    await next.turn();
    expect(await next.pay(22)).toBe("run_paused");
  });

  it("are not held back by calls that their clients name themselves", async () => {
    site = await startSite({});
    const first = site.begin({ attempt: "a" });
    await first.turn();
    await first.pay(1, "lax", { "idempotency-key": "k1" });
    const agent = site.begin({ attempt: "b", task: "Another task." });
    await agent.turn();
    expect(await agent.pay(20)).toBe("done");
  });

  it("are given back, and refused, where the ledger cannot say", async () => {
    const settled: unknown[] = [];
    const ledger = {
      facts: () => Promise.reject(new Error("down")),
      settle: (_fence: unknown, settlement: unknown) => Promise.resolve(settled.push(settlement)),
    } as unknown as Ledger;
    const caller = { tenant: "t", run: { id: "r", stage: null, attempt: "b" }, agent: null };
    const exchange = {
      engine: { ledger, settings: engineSettings(), log: recordedLog().log },
      at: { caller },
    } as unknown as ToolExchange;
    const record = { id: "1", run: "r", doubted: false } as ClaimRecord;
    const refused = await refuseDiverged(exchange, record).catch((thrown: unknown) => thrown);
    expect(refused).toBeInstanceOf(LongstopError);
    expect((refused as LongstopError).code).toBe("ledger_down");
    expect(settled).toMatchObject([{ state: "not-sent" }]);
  });
});
