import { describe, expect, it } from "vitest";
import type { Binding } from "../../../src/proxy/effects/bind-call.ts";
import { CallKey } from "../../../src/proxy/effects/call-key.ts";
import { effectClaim, saysRetry } from "../../../src/proxy/effects/effect-claim.ts";
import { orphanKey, Orphans } from "../../../src/proxy/effects/orphans.ts";
import { termsOf } from "../../../src/proxy/effects/terms.ts";
import type { ToolExchange } from "../../../src/proxy/effects/tool-exchange.ts";
import type { ToolTarget } from "../../../src/proxy/settings.ts";
import { systemClock } from "../../../src/proxy/clock.ts";
import { engineSettings, toolOf } from "../support/engine-settings.ts";
import { callerOf, plainExchange } from "../support/plain-exchange.ts";

const binding: Binding = { key: "decided", callsMax: 2, decisions: [{ turn: "t", call: "c" }] };

interface Asked {
  readonly run?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tool?: Partial<ToolTarget>;
}

function exchangeOf({ run = "r", headers = {}, tool: said = {} }: Asked): ToolExchange {
  const tool = toolOf("pay", "http://pay", said);
  const rawHeaders = Object.entries(headers).flat();
  return {
    engine: { settings: engineSettings(), tenancy: null, owner: "me", report: () => {} },
    inbound: { id: "exchange-1", method: "POST", incoming: { headers, rawHeaders } },
    at: plainExchange({ caller: callerOf({ id: run, attempt: "a" }) }),
    route: { target: tool, path: "/charges", query: "" },
    tool,
    terms: termsOf(tool, "POST", "/charges"),
  } as unknown as ToolExchange;
}

async function claim(bound: Binding | null, asked: Asked = {}, orphans = new Orphans(systemClock)) {
  const exchange = exchangeOf(asked);
  const key = new CallKey(exchange, Buffer.from('{"amount":5}'));
  return effectClaim({ exchange, orphans, key, binding: bound });
}

describe("what an effect is claimed with", () => {
  it("is its decision, as often as that was made, and what it was known by before", async () => {
    const plain = await claim(null);
    expect(plain).not.toHaveProperty("callsMax");
    expect(plain).not.toHaveProperty("formerKey");
    expect(plain.reuse).toEqual({ running: true, undelivered: true, deliveredWithinMs: 0 });
    const bound = await claim(binding);
    expect(bound).toMatchObject({ key: "decided", callsMax: 2, formerKey: plain.key, occurrence: "next" });
    expect(bound.detail).toMatchObject({ decisions: binding.decisions });
    expect(bound.fingerprint).toBe(plain.fingerprint);
  });

  it("takes no running or delivered call for a retry where decisions say whether another was meant", async () => {
    const tool = { effect: "irreversible" } as const;
    expect((await claim(null, { tool })).reuse).toEqual({
      running: true,
      undelivered: true,
      deliveredWithinMs: 300_000,
    });
    expect((await claim(binding, { tool })).reuse).toEqual({
      running: false,
      undelivered: true,
      deliveredWithinMs: 0,
    });
  });

  it("takes a retry that says so for one", async () => {
    const headers = { "x-stainless-retry-count": "1" };
    expect(saysRetry(exchangeOf({ headers }))).toBe(true);
    expect(saysRetry(exchangeOf({ headers: { "x-stainless-retry-count": "0" } }))).toBe(false);
    const retry = { running: true, undelivered: true, deliveredWithinMs: 300_000 };
    expect((await claim(binding, { headers })).reuse).toEqual(retry);
  });

  it("is a stable key of the client's own before any decision", async () => {
    const asked = { headers: { "idempotency-key": "k1" }, tool: { clientKeys: "stable" } as const };
    const proven = await claim(binding, asked);
    expect(proven.key).toBe((await claim(null, asked)).key);
    expect(proven).not.toHaveProperty("callsMax");
    expect(proven.reuse).toEqual({ running: false, undelivered: false, deliveredWithinMs: 0 });
  });

  it("is the running call whose client is gone, of the same attempt", async () => {
    const orphans = new Orphans(systemClock);
    for (const attempt of ["a", "b"]) {
      const place = orphanKey({ run: "r", attempt, key: "decided" });
      orphans.begin("local", place, attempt === "a" ? 1 : 2);
      orphans.leave("local", place, attempt === "a" ? 1 : 2);
    }
    expect((await claim(binding, {}, orphans)).occurrence).toBe(1);
    expect((await claim(null, {}, orphans)).occurrence).toBe("next");
  });
});
