import { describe, expect, it } from "vitest";
import type { Exchange } from "../../../src/exchange/exchange.ts";
import type { PromptSubject } from "../../../src/exchange/moments.ts";
import type { RunUsage } from "../../../src/exchange/run-usage.ts";
import { runLimits } from "../../../src/guards/run-limits/run-limits.ts";
import { guardSuite } from "../../conformance/guard-suite.ts";
import { openaiRequest, subjectOf, user } from "../budget/requests.ts";

const unlimited = { runCallsMax: 0, runTokensMax: 0, runCostMax: 0, runMinutesMax: 0, prices: {} };
const nowMs = 1_800_000_000_000;
const minute = 60_000;

function subjectIn(run: Partial<RunUsage> | null): PromptSubject {
  const fresh: RunUsage = { calls: 0, models: [], startedAtMs: nowMs, complete: true };
  return subjectOf(openaiRequest([user("Go.")]), { run: run === null ? null : { ...fresh, ...run } });
}

function used(inputTokens: number, outputTokens: number, model = "gpt-4o") {
  return { model, inputTokens, outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0 };
}

const at: Exchange = {
  id: "1",
  plane: "llm",
  protocol: "openai-chat",
  caller: { tenant: "local", run: { id: "nightly", stage: null, attempt: null }, agent: null },
  target: "openai",
  signal: new AbortController().signal,
};

/** What a run is told, or "goes on". */
async function told(options: object, run: Partial<RunUsage> | null): Promise<string> {
  const ports = { now: () => nowMs, framingKey: async () => new Uint8Array(32), report: () => {} };
  const watch = runLimits.watch({ ...unlimited, ...options }, ports).watches.prompt;
  const verdict = await watch?.(subjectIn(run), at);
  if (verdict?.kind !== "block") return "goes on";
  return `${verdict.code}: ${verdict.toModel}`;
}

guardSuite(runLimits, [
  {
    promise: "A run inside its limits",
    moment: "prompt",
    subject: subjectIn({ calls: 9 }),
    options: { runCallsMax: 10 },
    verdict: "pass",
  },
  {
    promise: "A run at its limit",
    moment: "prompt",
    subject: subjectIn({ calls: 10 }),
    options: { runCallsMax: 10 },
    verdict: "block",
  },
  {
    promise: "An anonymous run",
    moment: "prompt",
    subject: subjectIn(null),
    options: { runCallsMax: 10 },
    verdict: "pass",
  },
]);

describe("a limit that is reached", () => {
  it("names itself, the run and the figures", async () => {
    expect(await told({ runCallsMax: 1_000 }, { calls: 1_000 })).toBe(
      'run_limit_reached: The run "nightly" may not go on: it has made 1,000 requests to models, and its ' +
        "limit is 1,000 (runCallsMax). Nothing was sent. Another run begins anew.",
    );
    expect(await told({ runTokensMax: 100 }, { models: [used(60, 40)] })).toContain(
      "it has used 100 tokens, and its limit is 100 (runTokensMax).",
    );
    const prices = { "gpt-*": { input: 10, output: 50 } };
    expect(await told({ runCostMax: 1.5, prices }, { models: [used(100_000, 10_000)] })).toContain(
      "it has cost 1.5, and its limit is 1.5 (runCostMax).",
    );
    expect(await told({ runMinutesMax: 30 }, { startedAtMs: nowMs - 31.5 * minute })).toContain(
      "it began 31 minutes ago, and its limit is 30 (runMinutesMax).",
    );
  });

  it("is not reached one below", async () => {
    expect(await told({ runCallsMax: 10 }, { calls: 9 })).toBe("goes on");
    expect(await told({ runTokensMax: 100 }, { models: [used(50, 40), used(5, 4, "other")] })).toBe(
      "goes on",
    );
    const prices = { "gpt-*": { input: 10, output: 50 } };
    expect(await told({ runCostMax: 1.51, prices }, { models: [used(100_000, 10_000)] })).toBe("goes on");
    expect(await told({ runMinutesMax: 30 }, { startedAtMs: nowMs - 29.9 * minute })).toBe("goes on");
  });
});

describe("a cost that nobody can count", () => {
  const prices = { "claude-*": { input: 10, output: 50 } };

  it("is refused before it is made, and where it was", async () => {
    expect(await told({ runCostMax: 5, prices }, {})).toContain('prices has none for the model "gpt-4o"');
    const priced = { ...prices, "gpt-*": { input: 1, output: 1 } };
    expect(await told({ runCostMax: 5, prices: priced }, { models: [used(1, 1, "mystery")] })).toContain(
      'none for the model "mystery"',
    );
    expect(await told({ runCostMax: 5, prices: priced }, {})).toBe("goes on");
    expect(await told({ prices }, {})).toBe("goes on");
  });

  it("is a fault of a configuration without any price", () => {
    expect(runLimits.check?.({ ...unlimited, runCostMax: 1 })).toHaveLength(1);
    expect(runLimits.check?.({ ...unlimited, runCostMax: 1, prices })).toEqual([]);
  });
});

describe("run-limits", () => {
  it("counts runs only where there is a limit", () => {
    const ports = { now: () => 0, framingKey: async () => new Uint8Array(32), report: () => {} };
    expect(runLimits.watch(unlimited, ports).countsRuns).toBe(false);
    for (const option of ["runCallsMax", "runTokensMax", "runCostMax", "runMinutesMax"]) {
      expect(runLimits.watch({ ...unlimited, [option]: 0.5 }, ports).countsRuns).toBe(true);
    }
  });

  it("fails, instead of passing, where the ledger cannot say what was used", async () => {
    await expect(told({ runCallsMax: 10 }, { complete: false })).rejects.toThrow("cannot be read");
  });
});
