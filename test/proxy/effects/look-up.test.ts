import type { IncomingMessage } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ClaimRecord } from "../../../src/ledger/ledger.ts";
import { lookUp } from "../../../src/proxy/effects/look-up.ts";
import { sentKey } from "../../../src/proxy/effects/operation-key.ts";
import { termsOf } from "../../../src/proxy/effects/terms.ts";
import type { Engine } from "../../../src/proxy/engine.ts";
import { findRoute } from "../../../src/proxy/routes.ts";
import type { LookUp } from "../../../src/proxy/settings.ts";
import { Upstreams } from "../../../src/proxy/upstream.ts";
import { sqliteUnderTest } from "../../ledger/sqlite/under-test.ts";
import { effectClaim } from "../support/effect-claim.ts";
import { engineSettings, generousTimeouts, toolOf } from "../support/engine-settings.ts";
import { startInbound } from "../support/inbound-server.ts";
import { closedPort } from "../support/closed-port.ts";
import { startHttp } from "../support/loopback.ts";
import { plainExchange } from "../support/plain-exchange.ts";
import { recordedLog } from "../support/recorded-log.ts";

const byKey: LookUp = {
  path: "/charges/{key}",
  found: { at: "/id" },
  answer: "",
  absent: { statuses: [404], emptyAt: null, afterSeconds: 60 },
};

interface How {
  readonly lookUp?: LookUp;
  readonly laterMs?: number;
  readonly origin?: string;
  /** What of the key of the first dispatch holds for this retry's. */
  readonly sent?: string;
  readonly isKnownByKey?: boolean;
  readonly sharesAccount?: boolean;
}

interface Bench {
  readonly asked: IncomingMessage[];
  readonly reports: readonly string[];
  readonly record: ClaimRecord;
  /** Looks up as a retry does, `laterMs` after the lease of the dispatch in doubt ended. */
  resolve(how?: How): Promise<ClaimRecord | null>;
  read(): Promise<ClaimRecord | null>;
  bodyOf(record: ClaimRecord | null): Promise<string>;
}

async function doubtful(status: number, body: string): Promise<Bench> {
  const under = await sqliteUnderTest();
  const upstreams = new Upstreams(generousTimeouts);
  onTestFinished(async () => {
    await upstreams.close();
    await under.close();
  });
  const asked: IncomingMessage[] = [];
  const reports: string[] = [];
  const tool = await startHttp((request, answer) => {
    asked.push(request);
    answer.writeHead(status).end(body);
  });
  const { record } = await under.ledger.claim({ ...effectClaim(), sent: "hash" });
  await under.ledger.settle(record, { state: "in-doubt", reason: "cut off" });
  return {
    asked,
    reports,
    record,
    async resolve({ lookUp: how = byKey, laterMs = 60_000, origin = tool.origin, ...key } = {}) {
      const { sharesAccount = false, sent = "hash", isKnownByKey = true } = key;
      const credential = { secret: "s", header: null, scheme: null };
      const target = toolOf("pay", origin, { lookUp: how, ...(sharesAccount ? { credential } : {}) });
      const settings = engineSettings({ tools: new Map([["pay", target]]) });
      const { ledger } = under;
      const clock = { now: () => record.leaseUntilMs + laterMs };
      const tenancy = sharesAccount ? {} : null;
      const report = (_subject: string, sentence: string): void => void reports.push(sentence);
      const parts = { settings, upstreams, ledger, clock, tenancy, report, log: recordedLog().log };
      const engine = parts as unknown as Engine;
      const { origin: gateway, served } = await startInbound(async (inbound) => {
        const route = findRoute("/tools/pay/charges", {}, settings);
        const terms = termsOf(target, "POST", route.path);
        const bytes = await inbound.readBody(1_000);
        const exchange = { engine, inbound, at: plainExchange(), route, tool: target, terms };
        const resolved = await lookUp(exchange, record, bytes, { sent, isKnownByKey });
        inbound.outgoing.end();
        return resolved;
      });
      const headers = {
        "content-type": "application/json",
        authorization: "Bearer own",
        "idempotency-key": "k",
        "if-match": '"1"',
        "longstop-run": "r",
      };
      await fetch(`${gateway}/charges`, { method: "POST", headers, body: '{"order":"o-1"}' });
      return (await served) as ClaimRecord | null;
    },
    read: () => under.ledger.read(record.id),
    async bodyOf(resolved) {
      const pieces = await Promise.all(
        (resolved?.answer?.body ?? []).map((hash) => under.ledger.get("local", hash)),
      );
      return Buffer.concat(pieces.map((piece) => piece ?? Buffer.from("?"))).toString();
    },
  };
}

describe("looking up an operation in doubt", () => {
  it("asks by the key that was sent, with the caller's credential and nothing of the call", async () => {
    const bench = await doubtful(200, '{"id": "ch_1"}');
    const resolved = await bench.resolve();
    const [asked] = bench.asked;
    expect(`${asked?.method} ${asked?.url}`).toBe(`GET /charges/${sentKey(bench.record, undefined, false)}`);
    expect(asked?.headers).toMatchObject({ authorization: "Bearer own" });
    for (const name of ["content-type", "content-length", "idempotency-key", "if-match", "longstop-run"]) {
      expect(asked?.headers[name]).toBeUndefined();
    }
    expect(resolved).toMatchObject({
      id: bench.record.id,
      state: "resolved-done",
      reason: "It was looked up and found (GET /charges/{key}).",
      answer: { status: 200, extent: "whole" },
    });
    expect(await bench.bodyOf(resolved)).toBe('{"id": "ch_1"}');
    expect(await bench.read()).toEqual(resolved);
  });

  it("asks by fields of the call, and believes only the very value", async () => {
    const bench = await doubtful(200, '{"data":[{"order":"o-1"}]}');
    const how: LookUp = {
      path: "/charges?order={/order}",
      found: { at: "/data/0/order", equals: "{/order}" },
      answer: "/data/0",
    };
    expect(
      await bench.resolve({ lookUp: { ...how, found: { at: "/data/0/order", equals: "{key}" } } }),
    ).toBeNull();
    const resolved = await bench.resolve({ lookUp: how });
    expect(bench.asked[1]?.url).toBe("/charges?order=o-1");
    expect(await bench.bodyOf(resolved)).toBe('{"order":"o-1"}');
  });

  it("asks by no key that the first dispatch did not carry: not found would prove nothing", async () => {
    const bench = await doubtful(404, "{}");
    expect(await bench.resolve({ sent: "another" })).toBeNull();
    expect(await bench.resolve({ isKnownByKey: false })).toBeNull();
    expect(bench.asked).toEqual([]);
    expect(await bench.read()).toMatchObject({ state: "in-doubt" });
  });

  it("asks by no fields of a call where another tenant may have done what they name", async () => {
    const bench = await doubtful(200, '{"id":"o-1"}');
    const byField: LookUp = { path: "/charges/{/order}", found: { at: "/id" }, answer: "" };
    expect(await bench.resolve({ lookUp: byField, sharesAccount: true })).toBeNull();
    expect(bench.asked).toEqual([]);
    expect(bench.reports).toEqual([expect.stringContaining("does not ask by {key}")]);
    expect(await bench.resolve({ lookUp: byField })).toMatchObject({ state: "resolved-done" });
  });

  it("takes what is not there for not executed only once nothing can be at work any more", async () => {
    const bench = await doubtful(404, "{}");
    expect(await bench.resolve({ laterMs: 59_999 })).toBeNull();
    expect(await bench.read()).toMatchObject({ state: "in-doubt" });
    expect(await bench.resolve({ laterMs: 60_000 })).toMatchObject({
      state: "resolved-not-done",
      answer: null,
    });
  });

  it.each([
    [500, "{}"],
    [401, "{}"],
    [200, "<html>"],
    [200, "{}"],
  ])("leaves the doubt after %i %s", async (status, body) => {
    const bench = await doubtful(status, body);
    expect(await bench.resolve()).toBeNull();
    expect(await bench.read()).toMatchObject({ state: "in-doubt", reason: "cut off" });
  });

  it("leaves the doubt where the tool cannot be asked, or a field of the question is missing", async () => {
    const bench = await doubtful(200, '{"id":1}');
    expect(await bench.resolve({ origin: `http://127.0.0.1:${await closedPort()}` })).toBeNull();
    expect(await bench.resolve({ lookUp: { ...byKey, path: "/x/{/none}" } })).toBeNull();
    expect(await bench.resolve({ lookUp: { ...byKey, found: { at: "/id", equals: "{/none}" } } })).toBeNull();
    expect(bench.asked).toHaveLength(0);
    expect(await bench.read()).toMatchObject({ state: "in-doubt" });
  });

  it("tells what somebody else made of it meanwhile, and changes nothing", async () => {
    const bench = await doubtful(200, '{"id":1}');
    const first = await bench.resolve();
    expect(first?.state).toBe("resolved-done");
    const second = await bench.resolve({ lookUp: { ...byKey, answer: "/id" } });
    expect(second).toMatchObject({ state: "resolved-done", answer: first?.answer });
  });
});
