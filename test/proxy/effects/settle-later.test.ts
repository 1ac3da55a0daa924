import { describe, expect, it, vi } from "vitest";
import type { Fence, Settlement } from "../../../src/ledger/ledger.ts";
import { systemClock } from "../../../src/proxy/clock.ts";
import { settleLater } from "../../../src/proxy/effects/settle-later.ts";
import type { Engine } from "../../../src/proxy/engine.ts";
import { recordedLog } from "../support/recorded-log.ts";

const fence: Fence = { id: "op", epoch: 1, nonce: "n" };
const settlement: Settlement = { state: "done" };

describe("an outcome that could not be written at once", () => {
  it("is written as soon as the ledger is back, once", async () => {
    let tries = 0;
    const settle = vi.fn(() => {
      tries++;
      return tries < 3 ? Promise.reject(new Error("down")) : Promise.resolve({ applied: true });
    });
    const { log, entries } = recordedLog();
    await settleLater(
      { ledger: { settle }, log, clock: systemClock } as unknown as Engine,
      fence,
      settlement,
    );
    expect(settle).toHaveBeenCalledTimes(3);
    expect(settle).toHaveBeenLastCalledWith(fence, settlement);
    expect(entries.at(-1)).toMatchObject({ what: "outcome recorded late" });
  });

  it("is written with the answer that it names, and without one that cannot be kept", async () => {
    const order: string[] = [];
    const settle = () => {
      order.push("settled");
      return Promise.resolve({ applied: true });
    };
    const { log } = recordedLog();
    const engine = { ledger: { settle }, log, clock: systemClock } as unknown as Engine;
    for (const storing of [() => Promise.resolve(), () => Promise.reject(new Error("too large"))]) {
      await settleLater(engine, fence, settlement, () => {
        order.push("stored");
        return storing();
      });
    }
    expect(order).toEqual(["stored", "settled", "stored", "settled"]);
  });

  it("is left alone where somebody else ended the operation", async () => {
    const settle = vi.fn(() => Promise.resolve({ applied: false }));
    const { log, entries } = recordedLog();
    await settleLater(
      { ledger: { settle }, log, clock: systemClock } as unknown as Engine,
      fence,
      settlement,
    );
    expect(settle).toHaveBeenCalledTimes(1);
    expect(entries.at(-1)).toMatchObject({ fields: { applied: false } });
  });
});
