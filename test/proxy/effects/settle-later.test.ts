import { describe, expect, it, vi } from "vitest";
import type { Fence, Settlement } from "../../../src/ledger/ledger.ts";
import { systemClock } from "../../../src/proxy/clock.ts";
import { settleLater, storeLater } from "../../../src/proxy/effects/settle-later.ts";
import type { Engine } from "../../../src/proxy/engine.ts";
import { recordedLog } from "../support/recorded-log.ts";

const fence: Fence = { id: "op", epoch: 1, nonce: "n" };
const settlement: Settlement = { state: "done" };

/** An engine whose ledger is back; `done` is what happens, waits among it. */
function written(): { engine: Engine; done: string[]; said: readonly { readonly what: string }[] } {
  const done: string[] = [];
  const settle = () => {
    done.push("settled");
    return Promise.resolve({ applied: true });
  };
  const sleep = (ms: number) => {
    done.push(`${ms} ms`);
    return Promise.resolve();
  };
  const { log, entries } = recordedLog();
  return { engine: { ledger: { settle }, log, clock: { sleep } } as unknown as Engine, done, said: entries };
}

/** Stores an answer; the first `refusals` times it is refused. */
function storing(done: string[], refusals: number): () => Promise<void> {
  let left = refusals;
  return () => {
    left -= 1;
    done.push(left < 0 ? "stored" : "refused");
    return left < 0 ? Promise.resolve() : Promise.reject(new Error("down"));
  };
}

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

  it("is written with the answer that it names", async () => {
    const { engine, done } = written();
    await settleLater(engine, fence, settlement, storing(done, 0));
    expect(done).toEqual(["250 ms", "stored", "settled"]);
  });

  it("waits for an answer that the ledger does not take at once", async () => {
    const { engine, done } = written();
    await settleLater(engine, fence, settlement, storing(done, 2));
    expect(done).toEqual(["250 ms", "refused", "500 ms", "refused", "1000 ms", "stored", "settled"]);
  });

  it("is written without an answer that cannot be kept", async () => {
    const { engine, done } = written();
    await settleLater(engine, fence, settlement, storing(done, Infinity));
    expect(done.filter((one) => !one.endsWith("ms"))).toEqual([
      ...Array<string>(3).fill("refused"),
      "settled",
    ]);
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

describe("an answer that could not be stored beside its outcome", () => {
  it("is stored as soon as the ledger takes it, and its outcome is left as it is", async () => {
    const { engine, done, said } = written();
    await storeLater(engine, "op", storing(done, 1));
    expect(done).toEqual(["250 ms", "refused", "500 ms", "stored"]);
    expect(said.at(-1)).toMatchObject({ what: "answer recorded late", fields: { operation: "op" } });
  });

  it("is given up after a while, and said so: it is held in memory meanwhile", async () => {
    const { engine, done, said } = written();
    await storeLater(engine, "op", storing(done, Infinity));
    expect(done.filter((one) => one === "refused")).toHaveLength(3);
    expect(said.at(-1)).toMatchObject({ level: "warn", what: "answer given up" });
  });
});
