import { describe, expect, it } from "vitest";
import { credentialOf, keyPlaces, tenancyRows } from "../../src/config/explain-tenancy.ts";
import { configOf } from "./loading.ts";

describe("tenants in words", () => {
  it("say who may do what, and until when", async () => {
    const config = await configOf(
      [
        "tenancy: keys",
        "tools: { mail: { url: 'http://h' } }",
        "keys:",
        "  acme: { keys: [{ env: A, expires: 2027-03-01 }, { env: B, disabled: true }], tools: [mail], concurrentMax: 5 }",
        "  beta: { keys: [{ env: C }], upstreams: [openai], tools: [], requestsPerMinuteMax: 60, concurrentMax: 2 }",
      ].join("\n"),
    );
    expect(tenancyRows(config)).toEqual([
      [
        "acme",
        "2 keys, the first expires 2027-03-01, 1 disabled",
        "all upstreams; tools mail",
        "at most 5 at the same time",
      ],
      ["beta", "1 key", "upstreams openai; no tools", "at most 60 requests a minute and 2 at the same time"],
    ]);
    expect(keyPlaces(config).join()).toContain("/k/<key>/");
  });

  it("say that nobody is asked where nobody is", async () => {
    const config = await configOf("");
    expect(tenancyRows(config)).toEqual([["single", expect.stringContaining("nobody is asked for a key")]]);
    expect(keyPlaces(config)).toEqual([]);
  });
});

describe("a credential in words", () => {
  it("is told by where it lies, never by itself", () => {
    expect(credentialOf(undefined)).toBe("the client's credential");
    expect(credentialOf({ env: "A" })).toBe("the credential in the variable A");
    expect(credentialOf({ file: "/run/a", header: "X-Auth" })).toBe(
      "the credential in the file /run/a, in X-Auth",
    );
  });
});
