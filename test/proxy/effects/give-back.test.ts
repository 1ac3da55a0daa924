import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { ClaimRecord, Ledger } from "../../../src/ledger/ledger.ts";
import { systemClock } from "../../../src/proxy/clock.ts";
import type { Engine } from "../../../src/proxy/engine.ts";
import { giveBack } from "../../../src/proxy/effects/give-back.ts";
import { recordedLog } from "../support/recorded-log.ts";

const record = { id: "1", epoch: 2, nonce: "n" } as ClaimRecord;

it("ends a claim as not sent, and goes on trying where the ledger is down", async () => {
  const asked: unknown[] = [];
  const ledger = {
    settle: (...what: unknown[]) => {
      asked.push(what);
      return asked.length === 1 ? Promise.reject(new Error("down")) : Promise.resolve({ applied: true });
    },
  } as unknown as Ledger;
  const { log, entries } = recordedLog();
  const engine = { ledger, log, clock: systemClock } as unknown as Engine;
  await giveBack({ engine }, record, "it was held back");
  const fenced = [
    { id: "1", epoch: 2, nonce: "n" },
    { state: "not-sent", reason: "it was held back" },
  ];
  expect(asked[0]).toEqual(fenced);
  expect(entries).toMatchObject([{ level: "warn", what: "effect not given back at once" }]);
  await expect.poll(() => asked.length, { timeout: 10_000 }).toBe(2);
  await sleep(1);
  expect(asked[1]).toEqual(fenced);
});
