import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import type { ClaimRecord, ClaimRequest, Ledger } from "../../../src/ledger/ledger.ts";
import { reportTool } from "../../../src/proxy/effects/report-tool.ts";
import type { Engine } from "../../../src/proxy/engine.ts";
import { termsOf } from "../../../src/proxy/effects/terms.ts";
import { findRoute } from "../../../src/proxy/routes.ts";
import { Upstreams } from "../../../src/proxy/upstream.ts";
import { effectClaim } from "../support/effect-claim.ts";
import { sqliteUnderTest } from "../../ledger/sqlite/under-test.ts";
import { engineSettings, generousTimeouts, toolOf } from "../support/engine-settings.ts";
import { startInbound } from "../support/inbound-server.ts";
import { closedPort } from "../support/closed-port.ts";
import { startHttp, startRaw } from "../support/loopback.ts";
import { plainExchange } from "../support/plain-exchange.ts";
import { recordedLog, type LogEntry } from "../support/recorded-log.ts";

interface Reporting {
  readonly ledger: Ledger;
  readonly entries: LogEntry[];
  /** Sends one call through report mode; gives the client's answer. */
  readonly call: (request?: Partial<ClaimRequest>, body?: string) => Promise<Response>;
  readonly records: () => Promise<readonly ClaimRecord[]>;
}

async function reportingOn(origin: string, broken: Partial<Ledger> = {}): Promise<Reporting> {
  const under = await sqliteUnderTest();
  const upstreams = new Upstreams(generousTimeouts);
  onTestFinished(async () => {
    await upstreams.close();
    await under.close();
  });
  const { log, entries } = recordedLog();
  const tool = toolOf("payments", origin);
  const settings = engineSettings({ tools: new Map([["payments", tool]]) });
  const verbs = ["claim", "settle", "markDelivered"] as const;
  const bound = Object.fromEntries(verbs.map((verb) => [verb, under.ledger[verb].bind(under.ledger)]));
  const engine = { settings, upstreams, log, ledger: { ...bound, ...broken } } as unknown as Engine;
  return {
    ledger: under.ledger,
    entries,
    async call(request = {}, body = '{"amount":5}') {
      const { origin: gateway } = await startInbound(async (inbound) => {
        const bytes = await inbound.readBody(1_000);
        const route = findRoute(inbound.url, {}, settings);
        const terms = termsOf(tool, "POST", route.path);
        const exchange = { engine, inbound, at: plainExchange(), route, tool, terms };
        await reportTool(exchange, effectClaim({ run: null, ...request }), bytes);
      });
      const headers = { "content-type": "application/json", "longstop-agent": "a", "x-own": "1" };
      return fetch(`${gateway}/tools/payments/charge?q=1`, { method: "POST", body, headers });
    },
    records: () => under.ledger.listClaims({ limit: 10 }),
  };
}

const reported = (entries: readonly LogEntry[]): LogEntry[] =>
  entries.filter(({ what }) => what === "effect reported: would not be dispatched");

describe("an effect that is only reported", () => {
  it("reaches the tool as it came, and its answer passes as it comes", async () => {
    const { origin } = await startHttp(async (request, answer) => {
      const { headers, method, url } = request;
      expect(headers["longstop-agent"]).toBeUndefined();
      expect(headers["idempotency-key"]).toBeUndefined();
      answer.writeHead(201, { "x-tool": "yes" });
      answer.end(`${method} ${url} ${String(headers["x-own"])} ${await text(request)}`);
    });
    const { call, records, entries } = await reportingOn(origin);
    const answer = await call();
    expect(answer.status).toBe(201);
    expect(answer.headers.get("x-tool")).toBe("yes");
    expect(await answer.text()).toBe('POST /charge?q=1 1 {"amount":5}');
    expect(await records()).toMatchObject([{ state: "done", reason: "the upstream answered 201" }]);
    expect(reported(entries)).toEqual([]);
  });

  it.each([
    [200, "done"],
    [402, "declined"],
    [500, "in-doubt"],
  ] as const)("passes %i on and writes down %s", async (status, state) => {
    const { origin } = await startHttp((_request, answer) => answer.writeHead(status).end("words"));
    const { call, records } = await reportingOn(origin);
    const answer = await call();
    expect([answer.status, await answer.text()]).toEqual([status, "words"]);
    expect(await records()).toMatchObject([{ state }]);
  });

  it("is dispatched although enforce mode would not, and the log says so", async () => {
    let executed = 0;
    const { origin } = await startHttp((_request, answer) => answer.end(String(++executed)));
    const { call, entries } = await reportingOn(origin);
    expect(await (await call({ clientKey: "k" })).text()).toBe("1");
    expect(await (await call({ clientKey: "k" })).text()).toBe("2");
    expect(reported(entries)).toMatchObject([{ fields: { kind: "met", state: "done", tool: "payments" } }]);
    await call({ clientKey: "k", fingerprint: "other" });
    expect(reported(entries)).toMatchObject([{}, { fields: { kind: "conflict" } }]);
    expect(executed).toBe(3);
  });

  it("that was handed over is not reported again as a retry that had no answer", async () => {
    const { origin } = await startHttp((_request, answer) => answer.end("ok"));
    const { call, entries, records } = await reportingOn(origin);
    const reuse = { running: false, undelivered: true, deliveredWithinMs: 0 };
    await (await call({ reuse })).text();
    await (await call({ reuse })).text();
    expect(reported(entries)).toEqual([]);
    expect(await records()).toHaveLength(2);
  });

  it("is recorded as not sent where nobody listens", async () => {
    const { call, records, ledger } = await reportingOn(`http://127.0.0.1:${await closedPort()}`);
    await expect(call()).rejects.toThrow("fetch failed");
    expect(await records()).toMatchObject([{ state: "not-sent" }]);
    expect(await ledger.health()).toMatchObject({ ok: true });
  });

  it("is recorded as in doubt where the tool breaks off before it answers", async () => {
    const { origin } = await startRaw((socket) => socket.once("data", () => socket.destroy()));
    const { call, records } = await reportingOn(origin);
    await expect(call()).rejects.toThrow("fetch failed");
    expect(await records()).toMatchObject([{ state: "in-doubt", reason: "no answer came" }]);
  });

  it.each(["claim", "settle", "markDelivered"] as const)(
    "is stopped by no failure of the ledger: %s",
    async (verb) => {
      const down = { [verb]: () => Promise.reject(new LongstopError("ledger_down", "down")) };
      const { origin } = await startHttp((_request, answer) => answer.end("ok"));
      const { call, entries } = await reportingOn(origin, down);
      expect(await (await call()).text()).toBe("ok");
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(entries).toContainEqual(
        expect.objectContaining({ level: "warn", what: expect.stringMatching(/not recorded$/) }),
      );
    },
  );
});
