import { defineGuard, type Guard } from "../../src/guards/guard.ts";
import type { LedgerStore } from "../../src/ledger/ledger-store.ts";
import type { Sockets } from "../../src/config/schema.ts";
import { pass } from "../../src/exchange/verdict.ts";

/** Guards with the options that the tests write about. They are on duty nowhere. */
const budget: Guard = defineGuard<{ highWater: number; lowWater: number; note: string }>({
  name: "budget",
  version: 1,
  summary: "Keeps prompts inside a token budget.",
  options: {
    highWater: {
      type: "number",
      default: 0.9,
      minimum: 0.1,
      maximum: 1,
      description: "Share of the window.",
    },
    lowWater: {
      type: "number",
      default: 0.55,
      minimum: 0.1,
      maximum: 1,
      description: "Share of the window.",
    },
    note: { type: "string", default: "", description: "Free text." },
  },
  check: ({ highWater, lowWater }) =>
    lowWater < highWater ? [] : [`lowWater (${lowWater}) must be below highWater (${highWater})`],
  watch: () => ({ watches: { prompt: () => pass } }),
});

const toolSchema: Guard = defineGuard<{ nulls: "allow" | "strip"; formatsEnforced: readonly string[] }>({
  name: "tool-schema",
  version: 1,
  summary: "Checks calls against their schemas.",
  options: {
    nulls: { type: "string", enum: ["allow", "strip"], default: "allow", description: "What null means." },
    formatsEnforced: { type: "array", items: { type: "string" }, default: [], description: "Formats." },
  },
  watch: () => ({ watches: { offer: () => pass, call: () => pass } }),
});

const quarantine: Guard = defineGuard<{ delimit: boolean }>({
  name: "quarantine",
  version: 1,
  summary: "Frames tool output.",
  options: { delimit: { type: "boolean", default: true, description: "Frame." } },
  watch: ({ delimit }) => ({ watches: delimit ? { result: () => pass } : {} }),
});

/** Guards of the default list about whose options no test writes. */
const others = ["run-limits", "tool-list", "repeat-breaker"].map((name) =>
  defineGuard<object>({
    name,
    version: 1,
    summary: "On duty by default.",
    options: {},
    planes: ["llm"],
    watch: () => ({ watches: { prompt: () => pass } }),
  }),
);

const sqlite: LedgerStore = {
  kind: "sqlite",
  summary: "One file on this machine.",
  options: {
    file: { type: "string", default: "data/longstop.db", minLength: 1, description: "The file." },
    retentionDays: { type: "number", default: 7, minimum: 0.01, maximum: 3650, description: "Days." },
  },
  open: () => Promise.reject(new Error("This store is only described, never opened.")),
};

export const testSockets: Sockets = { guards: [toolSchema, quarantine, budget, ...others], stores: [sqlite] };
