import { describe, expect, it } from "vitest";
import type { KeyedService } from "../../../src/exchange/keyed-service.ts";
import { serviceFor, serviceTerms } from "../../../src/proxy/effects/service-terms.ts";
import { termsOf } from "../../../src/proxy/effects/terms.ts";
import type { ToolTarget } from "../../../src/proxy/settings.ts";
import { keyedService, toolOf } from "../support/engine-settings.ts";

const v1 = keyedService({ name: "v1", paths: ["/v1/**"], keyRetentionSeconds: 3600 });
const v2 = keyedService({ name: "v2", paths: ["/v2/*"], methods: ["POST", "DELETE"] });
const anything = keyedService({ name: "rest", paths: ["/**"], methods: ["PUT"] });

function tool(more: Partial<ToolTarget> = {}): ToolTarget {
  return toolOf("pay", "https://pay.test", { services: [v1, v2, anything], ...more });
}

const nameFor = (path: string, method = "POST", more: Partial<ToolTarget> = {}): string | undefined =>
  serviceFor(tool(more), method, path)?.name;

describe("the row for a call", () => {
  it("is the first that fits method and whole path", () => {
    expect(nameFor("/v1/charges")).toBe("v1");
    expect(nameFor("/v2/charges", "DELETE")).toBe("v2");
    expect(nameFor("/v1/charges", "PUT")).toBe("rest");
    expect(nameFor("/v2/charges/7")).toBeUndefined();
    expect(nameFor("/v1/charges", "PATCH")).toBeUndefined();
  });

  it("counts the base path of the tool's URL", () => {
    expect(nameFor("/charges", "POST", { basePath: "/v1" })).toBe("v1");
    expect(nameFor("/v1/charges", "POST", { basePath: "/api" })).toBeUndefined();
  });

  it("is none where a path can be read so that another row fits, or none", () => {
    expect(nameFor("/v2/x%2Fy")).toBeUndefined();
    expect(nameFor("/v1%2f..%2fv2/x")).toBeUndefined();
    expect(nameFor("/v1/%63harges")).toBe("v1");
  });

  it("is none for a tool that has a header of its own", () => {
    expect(nameFor("/v1/charges", "POST", { idempotencyHeader: "X-Key" })).toBeUndefined();
  });
});

describe("what a row says", () => {
  it("is that keys are honoured, and for how long where that is stated", () => {
    expect(serviceTerms(v1)).toEqual({ keyed: true, keyRetentionSeconds: 3600 });
    expect(serviceTerms(keyedService({ storesErrors: false }))).toEqual({ keyed: true, storesErrors: false });
    expect(serviceTerms(v2)).toEqual({ keyed: true });
    expect(serviceTerms(keyedService({ ignore: ["/nonce"] }))).toEqual({
      keyed: true,
      key: { include: [], ignore: ["/nonce"] },
    });
    expect(serviceTerms(keyedService({ conflict: "refused" }))).toEqual({ keyed: true, notExecuted: [409] });
  });

  it("holds where neither the tool nor its rules say anything", () => {
    expect(termsOf(tool(), "POST", "/v1/charges")).toMatchObject({
      keyed: true,
      keyRetentionMs: 3_600_000,
      service: v1,
    });
    expect(
      termsOf(tool({ keyRetentionSeconds: 1, notExecuted: [503] }), "POST", "/v1/charges"),
    ).toMatchObject({
      keyed: true,
      keyRetentionMs: 1000,
      notExecuted: [503],
      service: v1,
    });
    expect(termsOf(tool(), "POST", "/other")).toMatchObject({ keyed: false, keyRetentionMs: null });
  });

  it("does not hold where the tool, or a rule, says that keys are not honoured", () => {
    const plain = { keyed: false, keyRetentionMs: null, service: undefined };
    expect(termsOf(tool({ keyed: false }), "POST", "/v1/charges")).toMatchObject(plain);
    const ruled = tool({ rules: [{ path: "/v1/search", keyed: false }] });
    expect(termsOf(ruled, "POST", "/v1/search")).toMatchObject(plain);
    expect(termsOf(ruled, "POST", "/v1/charges")).toMatchObject({ keyed: true, service: v1 });
  });

  it("gives the place of the key also to a tool that says itself that keys are honoured", () => {
    expect(termsOf(tool({ keyed: true }), "POST", "/v1/charges").service).toBe(v1);
  });

  it("is not believed of a path that a rule may or may not be for", () => {
    const ruled = tool({ rules: [{ path: "/v1/search/a", keyed: false }] });
    const terms = termsOf(ruled, "POST", "/v1/search/%2561");
    const service: KeyedService | undefined = undefined;
    expect(terms).toMatchObject({ keyed: true, keyRetentionMs: null, service });
  });
});
