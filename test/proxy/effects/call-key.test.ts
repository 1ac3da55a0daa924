import { describe, expect, it } from "vitest";
import type { KeyedService } from "../../../src/exchange/keyed-service.ts";
import type { ClaimRecord } from "../../../src/ledger/ledger.ts";
import { CallKey } from "../../../src/proxy/effects/call-key.ts";
import { termsOf } from "../../../src/proxy/effects/terms.ts";
import type { ToolExchange } from "../../../src/proxy/effects/tool-exchange.ts";
import { findRoute } from "../../../src/proxy/routes.ts";
import { engineSettings, keyedService, toolOf } from "../support/engine-settings.ts";

interface Asked {
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly services?: readonly KeyedService[];
  readonly reports?: string[];
  /** The tool is asked under the gateway's own credential. */
  readonly credential?: boolean;
  readonly hasTenants?: boolean;
}

/** The key of a JSON POST to `/tools/pay/charges`. */
function keyOf({
  url = "/tools/pay/charges",
  headers = {},
  body = "{}",
  services = [],
  reports = [],
  credential = false,
  hasTenants = false,
}: Asked): CallKey {
  const own = { secret: "s", header: null, scheme: null };
  const tool = toolOf("pay", "https://pay.test", { services, ...(credential ? { credential: own } : {}) });
  const settings = engineSettings({ tools: new Map([["pay", tool]]) });
  const route = findRoute(url, {}, settings);
  const sent: Readonly<Record<string, string>> = { "content-type": "application/json", ...headers };
  const incoming = { headers: sent, rawHeaders: Object.entries(sent).flat() };
  const report = (_subject: string, sentence: string): void => void reports.push(sentence);
  const terms = termsOf(tool, "POST", route.path);
  return new CallKey(
    {
      engine: { report, tenancy: hasTenants ? {} : null },
      inbound: { incoming },
      route,
      tool,
      terms,
    } as unknown as ToolExchange,
    Buffer.from(body),
  );
}

const record = { tenant: "local", id: "op-1", clientKey: null, epoch: 1, keyEpoch: 1 } as ClaimRecord;
const inBody = keyedService({ key: { in: "json", pointer: "/key" } });

describe("the key of a call", () => {
  it("goes into Idempotency-Key where nothing is known of the tool", () => {
    const key = keyOf({ headers: { "x-own": "1" } });
    expect(key.requestFor({ ...record, clientKey: "k" }).headers).toEqual(
      expect.arrayContaining(["x-own", "1", "Idempotency-Key", "k"]),
    );
    expect(key.clientKey).toBeNull();
    expect(key.terms.keyed).toBe(false);
  });

  it("is the same for every dispatch of an operation, unless the ledger began another one", () => {
    const sent = (more: Partial<ClaimRecord> = {}, asked: Asked = {}): string | undefined =>
      keyOf(asked)
        .requestFor({ ...record, ...more })
        .headers.at(-1);
    expect(sent()).toBe(sent({}, { body: '{"a":1}' }));
    expect(sent({ epoch: 2 })).toBe(sent());
    expect(sent({ keyEpoch: 2 })).not.toBe(sent());
    expect(sent({ keyEpoch: 2, clientKey: "mine" })).toBe("mine");
  });

  it("is never one that two tenants chose alike, where both reach the service under one account", () => {
    const sent = (tenant: string, asked: Asked): string | undefined =>
      keyOf(asked)
        .requestFor({ ...record, tenant, clientKey: "order-1" })
        .headers.at(-1);
    const shared = { credential: true, hasTenants: true };
    expect(sent("a", shared)).toBe(sent("a", shared));
    expect(new Set([sent("a", shared), sent("b", shared), "order-1"]).size).toBe(3);
    expect(sent("a", { hasTenants: true })).toBe("order-1");
    expect(sent("a", { credential: true })).toBe("order-1");
  });

  it("is another one, to the ledger, once something that it is derived by has changed", () => {
    const short = keyedService({ limits: { lengthMax: 25 } });
    const hashes = [
      keyOf({ services: [keyedService()] }),
      keyOf({ services: [short] }),
      keyOf({ services: [keyedService()], credential: true, hasTenants: true }),
    ].map(({ sent }) => sent);
    expect(new Set(hashes).size).toBe(3);
  });

  it("is derived in a form that the service takes", () => {
    const short = keyedService({ limits: { lengthMax: 25 } });
    expect(
      keyOf({ services: [short] })
        .requestFor(record)
        .headers.at(-1),
    ).toMatch(/^[0-9A-Za-z]{22}$/);
  });

  it("in another place, or in none, is not known to a service that was sent it before", () => {
    const other = keyedService({ key: { in: "header", name: "X-Key" } });
    const twice = { headers: { "idempotency-key": "a", "Idempotency-Key": "b" } };
    const hashes = [keyOf({}), keyOf({ services: [other] }), keyOf(twice)].map(({ sent }) => sent);
    expect(new Set(hashes).size).toBe(3);
    expect(keyOf({ services: [keyedService()] }).sent).toBe(
      keyOf({ headers: { "idempotency-key": "a" } }).sent,
    );
  });

  it("alone makes no other bytes for the service", () => {
    const sent = (body: string, headers = {}): string => keyOf({ body, headers, services: [inBody] }).sent;
    expect(sent('{"a":1,"key":"one"}')).toBe(sent('{"a":1,"key":"two"}'));
    expect(sent('{"a":1,"key":"one"}')).not.toBe(sent('{"a":2,"key":"one"}'));
    expect(sent('{"a":1,"key":"one"}')).not.toBe(sent('{"a": 1,"key":"one"}'));
    expect(sent("{}")).not.toBe(sent("{}", { "content-type": "application/merge-patch+json" }));
  });

  it("is the client's own from the service's place, before that from the usual header", () => {
    const headers = { "idempotency-key": "header" };
    expect(keyOf({ headers, body: '{"key":"body"}', services: [inBody] }).clientKey).toBe("body");
    expect(keyOf({ headers, services: [inBody] }).clientKey).toBe("header");
  });

  it("from the usual header has a form that the service takes, always the same one", () => {
    const short = keyedService({ key: { in: "json", pointer: "/key" }, limits: { lengthMax: 25 } });
    const asked = (said: string): string | null =>
      keyOf({ headers: { "idempotency-key": said }, services: [short] }).clientKey;
    expect(asked("order-7")).toBe("order-7");
    expect(asked("an order with a long name")).toHaveLength(25);
    expect(asked("an order with a longer name")).toMatch(/^[0-9A-Za-z]{22}$/);
    expect(asked("an order with a longer name")).toBe(asked("an order with a longer name"));
    expect(asked("an order with a longer name")).not.toBe(asked("an order with another name"));
  });

  it("is no part of what makes the call another one", () => {
    const one = keyOf({ body: '{"a":1,"key":"one"}', services: [inBody], url: "/tools/pay/charges?b=2" });
    expect(one.identity().query).toBe("?b=2");
    expect(Buffer.from(one.identity().body).toString()).toBe('{"a":1}');
    const inQuery = keyedService({ key: { in: "query", parameter: "key" } });
    expect(keyOf({ services: [inQuery], url: "/tools/pay/charges?key=one&b=2" }).identity().query).toBe(
      "?b=2",
    );
    expect(keyOf({ services: [inQuery], url: "/tools/pay/charges?key=one" }).identity().query).toBe("?");
    expect(keyOf({ body: '{"a":1,"key":"one"}' }).identity().body.toString()).toBe('{"a":1,"key":"one"}');
  });

  it("that cannot be put where it belongs makes the call one that is not keyed, which is said", () => {
    const reports: string[] = [];
    const services = [keyedService({ key: { in: "json", pointer: "/key" }, keyRetentionSeconds: 3600 })];
    expect(keyOf({ services, reports }).terms).toMatchObject({ keyed: true, keyRetentionMs: 3_600_000 });
    expect(reports).toEqual([]);
    const closed = keyOf({ services, reports, body: "[]" });
    expect(closed.terms).toMatchObject({ keyed: false, keyRetentionMs: null });
    expect(Buffer.from(closed.requestFor(record).body).toString()).toBe("[]");
    expect(reports).toEqual([
      "A call was sent without the key that Test service takes: the body is no JSON object.",
    ]);
  });

  it("of a client that the service does not take makes the call one that is not keyed", () => {
    const uuid = keyedService({ limits: { form: "uuid" } });
    const own = (key: string): boolean =>
      keyOf({ services: [uuid], headers: { "idempotency-key": key } }).terms.keyed;
    expect(own("8e03978e-40d5-43e8-bc93-6894a57f9324")).toBe(true);
    expect(own("order-7")).toBe(false);
  });

  it("that is too long to be kept is refused", () => {
    const body = JSON.stringify({ key: "k".repeat(1025) });
    expect(() => keyOf({ body, services: [inBody] })).toThrow("at most 1024 characters");
    expect(() => keyOf({ body: '{"key":"\\ud800"}', services: [inBody] })).toThrow("well-formed");
  });
});
