import { describe, expect, it } from "vitest";
import type { Inbound } from "../../src/proxy/inbound.ts";
import { type Cancelled, RunningExchanges } from "../../src/proxy/running-exchanges.ts";
import { RunningTurns } from "../../src/proxy/turns/running-turns.ts";

const patience = { mode: "enforce" as const, graceMs: 1000, streamGraceMs: 0, keptBytesMax: 1000 };

function inboundOf(
  id: string,
  cancelled: Cancelled = "cancelled",
): { readonly inbound: Inbound; readonly told: unknown[] } {
  const told: unknown[] = [];
  const cancel = (reason: Error): Cancelled => (told.push(reason.message), cancelled);
  return { inbound: { id, cancel } as unknown as Inbound, told };
}

describe("exchanges that run", () => {
  it("are cancelled by their id, and are not known any more once they have ended", () => {
    const exchanges = new RunningExchanges();
    const turns = new RunningTurns(() => {});
    const { inbound, told } = inboundOf("x1");
    exchanges.begin(inbound);
    expect(exchanges.cancel("x2", turns)).toBe("unknown");
    expect(exchanges.cancel("x1", turns)).toBe("cancelled");
    expect(told).toEqual(["This exchange was cancelled by the operator."]);
    exchanges.end(inbound);
    expect([exchanges.cancel("x1", turns), exchanges.size]).toEqual(["unknown", 0]);
  });

  it("say what became of it, where they execute something outside, and where their answer is on its way", () => {
    const exchanges = new RunningExchanges();
    const turns = new RunningTurns(() => {});
    exchanges.begin(inboundOf("x1", { inDoubt: "op-1" }).inbound);
    exchanges.begin(inboundOf("x2", "ended").inbound);
    expect([exchanges.cancel("x1", turns), exchanges.cancel("x2", turns)]).toEqual([
      { inDoubt: "op-1" },
      "ended",
    ]);
  });

  it("have their turn stopped, for all who wait for it", () => {
    const exchanges = new RunningExchanges();
    const turns = new RunningTurns(() => {});
    const { inbound, told } = inboundOf("x1");
    const place = { key: "k", explicit: true, attempt: null, form: "stream", exchange: "x1" } as const;
    const turn = turns.begin(place, patience);
    exchanges.begin(inbound);
    expect(exchanges.cancel("x1", turns)).toBe("cancelled");
    expect([turn.output.isCancelled, told]).toEqual([true, []]);
  });
});
