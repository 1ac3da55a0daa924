import { describe, expect, it } from "vitest";
import { termsOf, type EffectTerms } from "../../../src/proxy/effects/terms.ts";
import type { ToolTarget } from "../../../src/proxy/settings.ts";
import { toolOf } from "../support/engine-settings.ts";

function terms(said: Partial<ToolTarget>, path = "/", method = "POST"): EffectTerms {
  return termsOf(toolOf("pay", "https://pay.test", said), method, path);
}

describe("the terms of a call", () => {
  it("promise nothing that nobody said", () => {
    expect(terms({})).toEqual({
      effect: "write",
      keyed: false,
      keyRetentionMs: null,
      idempotent: false,
      notExecuted: [],
      storesErrors: false,
      timeoutMs: 5_000,
      key: { include: [], ignore: [] },
      preconditions: [],
      lookUp: null,
    });
  });

  it("read by GET, HEAD and OPTIONS, and write by every other method, unless the tool says otherwise", () => {
    for (const method of ["GET", "HEAD", "OPTIONS"]) expect(terms({}, "/", method).effect).toBe("read");
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY", "MKCOL"]) {
      expect(terms({}, "/", method).effect).toBe("write");
    }
    expect(terms({ effect: "irreversible" }, "/", "GET").effect).toBe("irreversible");
    expect(terms({ effect: "read" }).effect).toBe("read");
  });

  it("are those of the first rule that fits path and method; what it leaves out the tool says", () => {
    const said: Partial<ToolTarget> = {
      keyed: true,
      keyRetentionSeconds: 1,
      notExecuted: [503],
      rules: [
        { path: "/charges/*", methods: ["DELETE", "POST"], effect: "irreversible", notExecuted: [] },
        { path: "/charges/**", timeoutMs: 9, idempotent: true },
        { path: "/charges/1", effect: "read" },
      ],
    };
    const tool = {
      effect: "write",
      keyed: true,
      keyRetentionMs: 1000,
      idempotent: false,
      storesErrors: false,
      timeoutMs: 5_000,
      key: { include: [], ignore: [] },
      preconditions: [],
      lookUp: null,
    };
    expect(terms(said, "/charges/1")).toEqual({ ...tool, effect: "irreversible", notExecuted: [] });
    expect(terms(said, "/charges/1", "PUT")).toEqual({
      ...tool,
      idempotent: true,
      notExecuted: [503],
      timeoutMs: 9,
    });
    expect(terms(said, "/refunds")).toEqual({ ...tool, notExecuted: [503] });
  });

  it("have no retention where the key is not honoured", () => {
    const said = { keyed: true, keyRetentionSeconds: 1, rules: [{ path: "/v0/**", keyed: false }] };
    expect(terms(said, "/v0/a")).toMatchObject({ keyed: false, keyRetentionMs: null });
    expect(terms({ keyRetentionSeconds: 1 })).toMatchObject({ keyed: false, keyRetentionMs: null });
  });

  it.each([
    "/v1/charges",
    "/v1/charges/",
    "//v1//charges",
    "/V1/CHARGES",
    "/v1/%63h%61rges",
    "/v1/char%67es/",
    "/v1%2Fcharges",
    "/v1%252fcharges",
    "/v1/charges;jsessionid=1",
    "/v1;a/charges",
    "/v1/charges%3bx",
    "/v1%5ccharges",
    "/v1/x/..;/charges",
  ])("are as strict for %s as for the path that a service takes it for", (path) => {
    const graver: Partial<ToolTarget> = { rules: [{ path: "/v1/charges", effect: "irreversible" }] };
    expect(terms(graver, path).effect).toBe("irreversible");
    const guarded: Partial<ToolTarget> = {
      rules: [
        { path: "/v1/charges", effect: "write" },
        { path: "/**", effect: "read" },
      ],
    };
    expect(terms(guarded, path).effect).toBe("write");
  });

  it.each(["/search/", "/Search", "/search;a", "/search%2Fmore"])(
    "take a promise for %s only where every reading has it",
    (path) => {
      const said: Partial<ToolTarget> = {
        timeoutMs: 7,
        rules: [
          {
            path: "/search",
            effect: "read",
            keyed: true,
            keyRetentionSeconds: 1,
            idempotent: true,
            notExecuted: [503],
            timeoutMs: 5,
          },
        ],
      };
      expect(terms(said, path)).toEqual({
        effect: "write",
        keyed: path !== "/search%2Fmore",
        keyRetentionMs: null,
        idempotent: false,
        notExecuted: [],
        storesErrors: false,
        timeoutMs: 7,
        key: { include: [], ignore: [] },
        preconditions: [],
        lookUp: null,
      });
    },
  );

  it("have a service store errors where one reading says so", () => {
    const rules = [{ path: "/a/b", storesErrors: true }];
    expect(terms({ rules }, "/a%2Fb").storesErrors).toBe(true);
    expect(terms({ rules }, "/a").storesErrors).toBe(false);
  });

  it("leave out of a key only what every reading leaves out, and have every precondition in it", () => {
    const rules = [
      { path: "/a/b", key: { include: ["/id"], ignore: ["/x", "/y"] }, preconditions: ["x-one"] },
      { path: "/*", key: { include: [], ignore: ["/y", "/z"] }, preconditions: ["x-two"] },
    ];
    const { key, preconditions } = terms({ rules }, "/a%2Fb");
    expect(key).toEqual({ include: [], ignore: ["/y"] });
    expect(preconditions.toSorted()).toEqual(["x-one", "x-two"]);
    expect(terms({ rules }, "/a/b").key).toEqual({ include: ["/id"], ignore: ["/x", "/y"] });
  });

  it("look up only where every reading says how", () => {
    const lookUp = { path: "/x/{key}", found: { at: "/id" }, answer: "" };
    const rules = [
      { path: "/a/b", lookUp },
      { path: "/a%2Fb", lookUp },
    ];
    expect(terms({ rules }, "/a/b").lookUp).toEqual(lookUp);
    expect(terms({ rules: rules.slice(0, 1) }, "/a%2Fb").lookUp).toBeNull();
    expect(terms({ lookUp }, "/a%2Fb").lookUp).toEqual(lookUp);
  });

  it("keep the promises that two readings share", () => {
    const rule = { keyed: true, notExecuted: [503, 500], idempotent: true };
    const said: Partial<ToolTarget> = {
      rules: [
        { ...rule, path: "/a/b", keyRetentionSeconds: 5 },
        { ...rule, path: "/*", keyRetentionSeconds: 9, notExecuted: [502, 503] },
      ],
    };
    expect(terms(said, "/a%2Fb")).toMatchObject({
      keyed: true,
      keyRetentionMs: 5000,
      idempotent: true,
      notExecuted: [503],
    });
  });
});
