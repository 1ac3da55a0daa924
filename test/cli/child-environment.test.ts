import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { childEnvironment } from "../../src/cli/child-environment.ts";
import { engineSettings } from "../proxy/support/engine-settings.ts";
import { findRoute, readAddress } from "../../src/proxy/routes.ts";

const place = { gateway: "http://127.0.0.1:8787", key: null, run: "r 1", attempt: "a1", stage: null };
const base = "http://127.0.0.1:8787/run/r%201/attempt/a1";
const key = `ls_${"0123456789".repeat(4)}`;

describe("the environment of a command", () => {
  it("points every client at the gateway, each as it wants its base URL", () => {
    expect(childEnvironment({ HOME: "/h", OPENAI_API_KEY: "sk" }, place)).toEqual({
      variables: {
        HOME: "/h",
        OPENAI_API_KEY: "sk",
        OPENAI_BASE_URL: `${base}/v1`,
        OPENAI_API_BASE: `${base}/v1`,
        ANTHROPIC_BASE_URL: base,
        ANTHROPIC_API_URL: base,
        ANTHROPIC_API_BASE: base,
        GOOGLE_GEMINI_BASE_URL: base,
        LONGSTOP_RUN: "r 1",
        LONGSTOP_ATTEMPT: "a1",
        LONGSTOP_URL: base,
        LONGSTOP_TOOLS_URL: `${base}/tools`,
      },
      warnings: [],
    });
  });

  it("has the stage where there is one, and not that of a command around it", () => {
    const outer = { LONGSTOP_STAGE: "outer", LONGSTOP_RUN: "outer" };
    expect(childEnvironment(outer, place).variables).not.toHaveProperty("LONGSTOP_STAGE");
    const { variables } = childEnvironment(outer, { ...place, stage: "plan/1" });
    expect(variables).toMatchObject({ LONGSTOP_STAGE: "plan/1", LONGSTOP_URL: `${base}/stage/plan%2F1` });
  });

  it("has the virtual key in every base URL, where the gateway looks for it", () => {
    const { variables } = childEnvironment({}, { ...place, key });
    const urls = Object.entries(variables).filter(([name]) => !/^LONGSTOP_(?:RUN|ATTEMPT)$/.test(name));
    expect(urls).toHaveLength(8);
    for (const [, url = ""] of urls) {
      expect(readAddress(new URL(`${url}/x`).pathname)).toMatchObject({ key, run: "r 1", attempt: "a1" });
    }
  });

  it("says the names of run, attempt and stage so that the gateway reads them", () => {
    const names = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
      .filter((name) => name.isWellFormed() && !/\p{Cc}/u.test(name) && name !== "." && name !== "..");
    fc.assert(
      fc.property(names, names, names, (run, attempt, stage) => {
        const { variables } = childEnvironment({}, { ...place, run, attempt, stage });
        // What a client makes of a base URL.
        const { pathname } = new URL(`${variables["OPENAI_BASE_URL"]}/chat/completions`);
        expect(findRoute(pathname, {}, engineSettings())).toMatchObject({
          run,
          attempt,
          stage,
          path: "/v1/chat/completions",
        });
      }),
    );
  });
});

describe("what the user had set", () => {
  it("is replaced, with a warning that shows no secret", () => {
    const environment = {
      OPENAI_BASE_URL: `https://me:hunter2@proxy.example:8443/k/${key}/v1?token=t0ken`,
      ANTHROPIC_API_URL: "hunter2",
      ANTHROPIC_BASE_URL: base,
      OPENAI_API_BASE: "",
    };
    const { variables, warnings } = childEnvironment(environment, place);
    expect(variables).toMatchObject({ OPENAI_BASE_URL: `${base}/v1`, ANTHROPIC_API_URL: base });
    expect(warnings).toEqual([
      "OPENAI_BASE_URL was set (at proxy.example:8443); the command gets the gateway's.",
      "ANTHROPIC_API_URL was set; the command gets the gateway's.",
    ]);
  });

  const proxied = { HTTP_PROXY: "http://proxy.example:3128" };

  it.each([
    [proxied, "127.0.0.1,localhost"],
    [{ ALL_PROXY: "socks5://h" }, "127.0.0.1,localhost"],
    [{ ...proxied, NO_PROXY: "internal, 127.0.0.1" }, "internal,127.0.0.1,localhost"],
  ] as const)("about proxies keeps calls of the gateway off them: %j", (environment, list) => {
    const { variables, warnings } = childEnvironment(environment, place);
    expect(variables).toMatchObject({ ...environment, NO_PROXY: list, no_proxy: list });
    expect(warnings).toEqual([expect.stringContaining("NO_PROXY names 127.0.0.1, localhost too.")]);
  });

  it("about exceptions stays apart for programs that read the one or the other", () => {
    const { variables } = childEnvironment({ ...proxied, no_proxy: "a", NO_PROXY: "b" }, place);
    expect(variables).toMatchObject({ no_proxy: "a,127.0.0.1,localhost", NO_PROXY: "b,127.0.0.1,localhost" });
  });

  it.each([
    {},
    { HTTPS_PROXY: "http://proxy.example" },
    { ...proxied, NO_PROXY: "*" },
    { ...proxied, NO_PROXY: "localhost,127.0.0.1" },
    { HTTP_PROXY: " " },
  ])("is left alone where no call of the gateway goes to a proxy: %j", (environment) => {
    const { variables, warnings } = childEnvironment(environment, place);
    expect(variables["NO_PROXY"]).toBe((environment as { NO_PROXY?: string }).NO_PROXY);
    expect(warnings).toEqual([]);
  });

  it("about proxies holds for a gateway on another machine", () => {
    const far = { ...place, gateway: "http://gateway.internal:8787" };
    expect(childEnvironment(proxied, far)).toMatchObject({ variables: proxied, warnings: [] });
    expect(childEnvironment(proxied, far).variables).not.toHaveProperty("NO_PROXY");
  });

  it("names the gateway's own address where that is another one of this machine", () => {
    const { variables } = childEnvironment(proxied, { ...place, gateway: "http://[::1]:8787" });
    expect(variables["NO_PROXY"]).toBe("127.0.0.1,localhost,::1");
  });
});
