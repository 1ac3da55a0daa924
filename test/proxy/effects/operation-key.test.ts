import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  clientKeyOf,
  operationKey,
  upstreamKey,
  type OperationKey,
} from "../../../src/proxy/effects/operation-key.ts";
import type { KeyFields } from "../../../src/proxy/settings.ts";
import { findRoute } from "../../../src/proxy/routes.ts";
import { engineSettings, toolOf } from "../support/engine-settings.ts";
import { callerOf } from "../support/plain-exchange.ts";

const settings = engineSettings({
  tools: new Map([
    ["payments", toolOf("payments", "https://payments.test")],
    ["refunds", toolOf("refunds", "https://payments.test")],
  ]),
});

interface Asked {
  readonly url?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly run?: Parameters<typeof callerOf>[0];
  readonly tenant?: string;
  readonly key?: Partial<KeyFields>;
  readonly preconditions?: readonly string[];
}

function keyOf(asked: Asked = {}): OperationKey {
  const { url = "/tools/payments/charge", method = "POST", body = "", headers = {}, run, tenant } = asked;
  return operationKey(
    callerOf(run ?? { id: "r", stage: "s" }, tenant),
    findRoute(url, {}, settings),
    method,
    { "content-type": "application/json", ...headers },
    Buffer.from(body),
    { key: { include: [], ignore: [], ...asked.key }, preconditions: asked.preconditions ?? [] },
  );
}

const json = fc.jsonValue({ maxDepth: 4, stringUnit: "grapheme" });

/** The same value written otherwise: other key order, other white space, other escapes. */
function respelled(value: unknown): string {
  if (Array.isArray(value)) return `[ ${value.map(respelled).join(" ,\n")} ]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([name, one]) => `${respelled(name)}\t:${respelled(one)}`);
    return `{ ${members.toReversed().join(", ")} }`;
  }
  if (typeof value === "string") {
    return `"${Array.from({ length: value.length }, (_, i) => `\\u${value.charCodeAt(i).toString(16).padStart(4, "0")}`).join("")}"`;
  }
  return JSON.stringify(value);
}

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

const keyOfQuery = (query: string): string => keyOf({ url: `/tools/payments/charge${query}` }).key;

describe("the key of an operation", () => {
  it("stays the same however a client serialises the same arguments", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(keyOf({ body: respelled(value) })).toEqual(keyOf({ body: JSON.stringify(value) }));
      }),
    );
  });

  it("is another one for other arguments", () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other) && respelled(one) !== respelled(other));
        const same = keyOf({ body: JSON.stringify(one) }).key === keyOf({ body: JSON.stringify(other) }).key;
        // -0 is written as 0, and so is one value; everything else that differs is another operation.
        expect(same).toBe(canonical(one) === canonical(other));
      }),
    );
  });

  it.each([
    ['{"amount":9007199254740993}', '{"amount":9007199254740992}'],
    ['{"id":12345678901234567890}', '{"id":12345678901234567891}'],
    ['{"a":1}', '{"a":"1"}'],
    ['{"a":null}', "{}"],
    ['{"a":[1,2]}', '{"a":[2,1]}'],
    ['{"a":1,"a":2}', '{"a":2}'],
    ['{"a":"\\ud800"}', '{"a":"\\ud801"}'],
    ["{", "["],
    ["", "null"],
    ["", "{}"],
  ])("tells %s from %s", (one, other) => {
    expect(keyOf({ body: one })).not.toEqual(keyOf({ body: other }));
    expect(keyOf({ body: one }).fingerprint).not.toBe(keyOf({ body: other }).fingerprint);
  });

  it.each([
    ['{"amount":1.0}', '{"amount":1}'],
    ['{"amount":1e2}', '{"amount":100}'],
    ['{"amount":9007199254740993}', '{ "amount" : 9007199254740993 }'],
  ])("takes %s and %s for one", (one, other) => {
    expect(keyOf({ body: one })).toEqual(keyOf({ body: other }));
  });

  it("tells bytes apart that are no UTF-8, as JSON in Latin-1 has them", () => {
    expect(keyOf({ body: latin1('{"name":"René"}') })).not.toEqual(
      keyOf({ body: latin1('{"name":"Renë"}') }),
    );
  });

  it("counts bodies of other types as bytes, under their type", () => {
    const text = { "content-type": "text/plain" };
    const keys = [
      keyOf({ body: '{"a":1}', headers: text }),
      keyOf({ body: '{ "a":1}', headers: text }),
      keyOf({ body: '{"a":1}' }),
      keyOf({ body: '{"a":1}', headers: { "content-type": "text/csv" } }),
    ].map(({ key }) => key);
    expect(new Set(keys).size).toBe(4);
    expect(keyOf({ body: "x", headers: text })).toEqual(
      keyOf({ body: "x", headers: { "content-type": "TEXT/plain; charset=utf-8" } }),
    );
  });

  it("takes every kind of JSON type for JSON", () => {
    for (const type of ["application/json; charset=utf-8", "application/vnd.api+json", ""]) {
      expect(keyOf({ body: '{ "a" : 1 }', headers: { "content-type": type } })).toEqual(
        keyOf({ body: '{"a":1}' }),
      );
    }
  });

  it("takes the order of query parameters for nothing, and their values and repetition for something", () => {
    expect(keyOfQuery("?a=1&b=2")).toBe(keyOfQuery("?b=2&a=1"));
    expect(keyOfQuery("?")).toBe(keyOfQuery(""));
    for (const other of ["?a=2&b=2", "?a=1", "?a=1&a=1&b=2", "?a=2&a=1&b=2", ""]) {
      expect(keyOfQuery(other)).not.toBe(keyOfQuery("?a=1&b=2"));
    }
    expect(keyOfQuery("?a=1&a=2")).not.toBe(keyOfQuery("?a=2&a=1"));
  });

  it("is another one for another method, path, tool or precondition", () => {
    const keys = [
      keyOf(),
      keyOf({ method: "PUT" }),
      keyOf({ url: "/tools/payments/charge/" }),
      keyOf({ url: "/tools/payments/refund" }),
      keyOf({ url: "/tools/refunds/charge" }),
      keyOf({ headers: { "if-match": '"1"' } }),
      keyOf({ headers: { "if-match": '"2"' } }),
      keyOf({ headers: { "if-none-match": '"1"' } }),
      keyOf({ headers: { "if-unmodified-since": "Tue, 24 Nov 2026 06:00:00 GMT" } }),
    ].map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("has the headers that are declared as preconditions in it, in no order", () => {
    const headers = { "x-version": "3", "x-tenant": "a" };
    const plain = keyOf({ headers });
    const one = keyOf({ headers, preconditions: ["X-Version"] });
    expect(one).not.toEqual(plain);
    expect(keyOf({ headers: { ...headers, "x-version": "4" }, preconditions: ["X-Version"] })).not.toEqual(
      one,
    );
    expect(keyOf({ headers, preconditions: ["X-Tenant", "x-version"] })).toEqual(
      keyOf({ headers, preconditions: ["x-version", "x-tenant", "X-VERSION"] }),
    );
    // A header that is not there is told from an empty one, and what only one of two has from the other.
    expect(keyOf({ preconditions: ["x-version"] })).toEqual(keyOf());
    expect(keyOf({ headers: { "x-version": "" }, preconditions: ["x-version"] })).not.toEqual(keyOf());
  });

  it("leaves out the fields that are ignored, in the query as in the body", () => {
    const key = { ignore: ["/nonce", "?_ts"] };
    const call = (url: string, body: string) => keyOf({ url: `/tools/payments/charge${url}`, body, key });
    const one = call("?a=1&_ts=5", '{"amount":1,"nonce":"x"}');
    expect(call("?_ts=6&a=1", '{"nonce":"y","amount":1}')).toEqual(one);
    expect(call("?a=1", '{"amount":1}')).toEqual(one);
    expect(call("?a=2&_ts=5", '{"amount":1,"nonce":"x"}')).not.toEqual(one);
    expect(call("?a=1&_ts=5", '{"amount":2,"nonce":"x"}')).not.toEqual(one);
    expect(call("?a=1&nonce=5", '{"amount":1,"_ts":"x"}')).not.toEqual(one);
  });

  it("is not moved by credentials, tracing or a client's own key", () => {
    const headers = {
      authorization: "Bearer x",
      traceparent: "00-1",
      "idempotency-key": "k",
      "x-stainless-retry-count": "1",
    };
    expect(keyOf({ headers })).toEqual(keyOf());
  });

  it("is never shared between tenants, runs or stages, whatever their names", () => {
    const name = fc.string({ minLength: 1, maxLength: 8 });
    const who = fc.record({ tenant: name, id: fc.option(name), stage: fc.option(name) });
    const otherWay = fc.constantFrom("tenant", "id", "stage");
    fc.assert(
      fc.property(who, otherWay, name, (one, field, value) => {
        fc.pre(one[field] !== value);
        const keys = [one, { ...one, [field]: value }].map(
          ({ tenant, ...run }) => keyOf({ tenant, run }).key,
        );
        expect(keys[0]).not.toBe(keys[1]);
      }),
    );
    expect(keyOf({ run: { id: "ab", stage: "c" } }).key).not.toBe(
      keyOf({ run: { id: "a", stage: "bc" } }).key,
    );
    expect(keyOf({ tenant: "ab", run: { id: "c" } }).key).not.toBe(
      keyOf({ tenant: "a", run: { id: "bc" } }).key,
    );
    expect(keyOf({ run: { id: null } }).key).not.toBe(keyOf({ run: { id: "r" } }).key);
  });

  it("is the same in every attempt of a run, and so is its fingerprint whoever calls", () => {
    expect(keyOf({ run: { id: "r", stage: "s", attempt: "2" } })).toEqual(keyOf());
    expect(keyOf({ run: { id: "other" }, tenant: "t2" }).fingerprint).toBe(keyOf().fingerprint);
  });
});

/** What JSON can tell apart: `-0` and `0` are one number there. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value)
      .map(([name, one]) => `${JSON.stringify(name)}:${canonical(one)}`)
      .toSorted()
      .join()}}`;
  }
  return JSON.stringify(value);
}

const clientKey = (value: string | string[] | undefined): string | null =>
  clientKeyOf(value === undefined ? {} : { "idempotency-key": value }, "Idempotency-Key");

it.each([
  [undefined, null],
  ["", null],
  ["abc-1", "abc-1"],
  ['"quoted"', "quoted"],
  ['"a \\"b\\" \\\\"', 'a "b" \\'],
  ['"open', '"open'],
  ["x".repeat(255), "x".repeat(255)],
])("written %j is %j", (written, key) => {
  expect(clientKey(written)).toBe(key);
});

describe("a client's own key", () => {
  it.each(['""', "x".repeat(256), "caf\u00e9", "a\tb"])("is refused as %j", (written) => {
    expect(() => clientKey(written)).toThrow(expect.objectContaining({ code: "request_malformed" }));
  });

  it("stands in whatever header the service takes", () => {
    expect(clientKeyOf({ "x-request-id": "k" }, "X-Request-Id")).toBe("k");
  });
});

describe("the key that goes upstream", () => {
  it("is derived from the operation: the same on every dispatch, another one for another", () => {
    const key = upstreamKey("local", "op-1", 0);
    expect(upstreamKey("local", "op-1", 0)).toBe(key);
    const others = [
      upstreamKey("local", "op-2", 0),
      upstreamKey("t2", "op-1", 0),
      upstreamKey("local", "op-1", 1),
    ];
    expect(new Set([key, ...others]).size).toBe(4);
  });

  it("has the form that services accept: a UUID of version 4", () => {
    expect(upstreamKey("local", "op-1", 0)).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});
