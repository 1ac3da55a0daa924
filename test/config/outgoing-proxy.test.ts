import { describe, expect, it } from "vitest";
import { outgoingProxies, viaProxy, type OutgoingProxy } from "../../src/config/outgoing-proxy.ts";
import type { ProxyChoice } from "../../src/config/config.ts";

type Environment = Readonly<Record<string, string>>;

function found(
  url: string,
  environment: Environment,
  proxy?: ProxyChoice,
): ReturnType<typeof outgoingProxies> {
  const upstreams = { there: { url, ...(proxy === undefined ? {} : { proxy }) } };
  return outgoingProxies({ upstreams, tools: {} }, environment);
}

function proxyOf(url: string, environment: Environment, proxy?: ProxyChoice): OutgoingProxy | undefined {
  return found(url, environment, proxy).proxies.get("upstreams.there");
}

describe("the proxy of an upstream", () => {
  it.each([
    ["https://api.test", { HTTPS_PROXY: "http://p.test:3128" }, "http://p.test:3128"],
    ["https://api.test", { https_proxy: "http://p.test:3128" }, "http://p.test:3128"],
    [
      "https://api.test",
      { https_proxy: "http://low.test", HTTPS_PROXY: "http://up.test" },
      "http://low.test",
    ],
    ["https://api.test", { https_proxy: "", HTTPS_PROXY: "http://up.test" }, "http://up.test"],
    ["https://api.test", { HTTPS_PROXY: "p.test:3128" }, "http://p.test:3128"],
    ["https://api.test", { HTTPS_PROXY: "https://p.test" }, "https://p.test"],
    ["https://api.test", { HTTP_PROXY: "http://p.test:3128" }, undefined],
    ["http://api.test", { HTTP_PROXY: "http://p.test:3128" }, "http://p.test:3128"],
    ["http://api.test", { HTTPS_PROXY: "http://p.test:3128" }, undefined],
    ["https://api.test", {}, undefined],
  ])("of %s with %j is %s", (url, environment, origin) => {
    expect(proxyOf(url, environment as Environment)?.origin).toBe(origin);
  });

  it("keeps its credentials apart from what is shown", () => {
    const proxy = proxyOf("https://api.test", { HTTPS_PROXY: "http://me%40corp:p%3Aw@p.test:3128" });
    expect(proxy).toEqual({
      origin: "http://p.test:3128",
      authorization: `Basic ${Buffer.from("me@corp:p:w").toString("base64")}`,
      variable: "HTTPS_PROXY",
    });
    expect(viaProxy(proxy)).toBe(", through the proxy http://p.test:3128 (HTTPS_PROXY)");
    expect(viaProxy(undefined)).toBe("");
    expect(proxyOf("https://api.test", { HTTPS_PROXY: "http://me@p.test" })?.authorization).toBe(
      "Basic bWU6",
    );
  });

  it.each(["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"])(
    "is none for %s, unless told",
    (url) => {
      const environment = { HTTP_PROXY: "http://p.test" };
      expect(proxyOf(url, environment)).toBeUndefined();
      expect(proxyOf(url, environment, "always")?.origin).toBe("http://p.test");
    },
  );

  it("is none where it is never wanted", () => {
    expect(proxyOf("https://api.test", { HTTPS_PROXY: "http://p.test" }, "never")).toBeUndefined();
  });

  it("is each upstream's and each tool's own", () => {
    const { proxies } = outgoingProxies(
      {
        upstreams: { same: { url: "https://a.test" } },
        tools: { same: { url: "http://b.test", proxy: "never" } as never },
      },
      { HTTPS_PROXY: "http://p.test", HTTP_PROXY: "http://p.test" },
    );
    expect([...proxies.keys()]).toEqual(["upstreams.same"]);
  });
});

describe("what NO_PROXY names", () => {
  it.each([
    ["*", "https://api.test", true],
    ["api.test", "https://api.test", true],
    ["test", "https://api.test", true],
    [".test", "https://api.test", true],
    ["api.test", "https://my.api.test", true],
    ["*.test", "https://api.test", true],
    ["*.api.test", "https://api.test", false],
    ["pi.test", "https://api.test", false],
    ["API.TEST.", "https://api.test", true],
    ["api.test", "https://api.test.", true],
    ["other.test, api.test", "https://api.test", true],
    ["other.test api.test", "https://api.test", true],
    ["api.test:443", "https://api.test", true],
    ["api.test:8443", "https://api.test", false],
    ["api.test:8443", "https://api.test:8443", true],
    ["*:80", "https://api.test", false],
    ["10.0.0.1", "https://10.0.0.1", true],
    ["0.1", "https://10.0.0.1", false],
    ["10.0.0.0/8", "https://10.9.8.7", true],
    ["10.0.0.0/8", "https://11.9.8.7", false],
    ["10.0.0.0/8", "https://api.test", false],
    ["10.0.0.0/33", "https://10.9.8.7", false],
    ["10.0.0.0/", "https://10.9.8.7", false],
    ["fd00::/8", "https://[fd12::1]", true],
    ["fd12::1", "https://[fd12::1]", true],
    ["[fd12::1]:443", "https://[fd12::1]", true],
    ["[fd12::1]:8443", "https://[fd12::1]", false],
    ["fd00::/8", "https://10.0.0.1", false],
    [" , ", "https://api.test", false],
    [".", "https://api.test", false],
  ])("%j for %s: %s", (list, url, isExcepted) => {
    const proxies = { HTTPS_PROXY: "http://p.test" };
    expect(proxyOf(url, { ...proxies, NO_PROXY: list }) === undefined).toBe(isExcepted);
    expect(proxyOf(url, { ...proxies, no_proxy: list, NO_PROXY: "*" }) === undefined).toBe(isExcepted);
    expect(proxyOf(url, { ...proxies, NO_PROXY: list }, "always")).toBeDefined();
  });
});

describe("a variable that names no proxy", () => {
  it.each(["socks5://p.test", "http://", "http://p.test:99999", "http://%ff@p.test"])(
    "is a fault, which does not show it: %s",
    (value) => {
      const { proxies, findings } = found("https://api.test", { HTTPS_PROXY: value });
      expect(proxies.size).toBe(0);
      expect(findings).toEqual([
        {
          path: ["upstreams", "there", "proxy"],
          part: "value",
          expected: "an http:// or https:// URL in the variable HTTPS_PROXY",
          found: "something else",
        },
      ]);
    },
  );

  it("is a fault where a proxy must be used and none is named", () => {
    expect(found("https://api.test", {}, "always").findings).toMatchObject([
      { expected: expect.stringContaining("https_proxy or HTTPS_PROXY"), found: "neither" },
    ]);
  });
});
