import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nameLengthMax } from "../../src/exchange/caller-name.ts";
import { findRoute, readName } from "../../src/proxy/routes.ts";
import { engineSettings } from "./support/engine-settings.ts";

const settings = engineSettings();

describe("the route of a request", () => {
  it.each([
    ["/v1/chat/completions", false, "llm", "openai", "/v1/chat/completions"],
    ["/v1/models", false, "llm", "openai", "/v1/models"],
    ["/v1/models", true, "llm", "anthropic", "/v1/models"],
    ["/v1/messages", false, "llm", "anthropic", "/v1/messages"],
    ["/v1/messages/count_tokens", false, "llm", "anthropic", "/v1/messages/count_tokens"],
    ["/v1/messagesandmore", false, "llm", "openai", "/v1/messagesandmore"],
    ["/v1", false, "llm", "openai", "/v1"],
    ["/v1beta/models/m:generateContent", false, "llm", "gemini", "/v1beta/models/m:generateContent"],
    [
      "/v1/models/m:streamGenerateContent?alt=sse",
      false,
      "llm",
      "gemini",
      "/v1/models/m:streamGenerateContent",
    ],
    ["/messages", true, "llm", "anthropic", "/v1/messages"],
    ["/messages/batches?limit=1", true, "llm", "anthropic", "/v1/messages/batches"],
    ["/run/r/attempt/a/stage/s/models", true, "llm", "anthropic", "/v1/models"],
    ["/u/anthropic/messages", true, "llm", "anthropic", "/messages"],
    ["/u/openai/v1beta/models", false, "llm", "openai", "/v1beta/models"],
    ["/u/anthropic/v1/messages", false, "llm", "anthropic", "/v1/messages"],
    ["/u/openai/v1/messages", true, "llm", "openai", "/v1/messages"],
    ["/u/openai", false, "llm", "openai", "/"],
    ["/tools/payments/charge/now", false, "tool", "payments", "/charge/now"],
    ["/tools/payments", true, "tool", "payments", "/"],
    ["/tools/payments//twice", false, "tool", "payments", "//twice"],
  ] as const)("of %s (anthropic-version: %s) leads to %s %s", (url, version, plane, target, path) => {
    expect(findRoute(url, version ? { "anthropic-version": "2023-06-01" } : {}, settings)).toMatchObject({
      plane,
      target: { name: target },
      path,
    });
  });

  it("keeps the query out of the path, with its question mark and everything in it", () => {
    const route = findRoute("/tools/payments/find?q=/u/x?y&run=../z", {}, settings);
    expect(route).toMatchObject({ path: "/find", query: "?q=/u/x?y&run=../z" });
    expect(findRoute("/v1/models", {}, settings).query).toBe("");
  });

  it("never sends what is meant for one vendor to the other", () => {
    for (const path of ["/v1/messages", "/v1/messages/batches", "/v1/messages?beta=true"]) {
      expect(findRoute(path, {}, settings).target.name).toBe("anthropic");
    }
    expect(findRoute("/v1/models", { "x-goog-api-key": "k" }, settings).target.name).toBe("gemini");
    expect(findRoute("/v1/models?key=k", {}, settings)).toMatchObject({
      target: { name: "gemini" },
      query: "?key=k",
    });
    const none = engineSettings({ defaultGemini: null });
    expect(() => findRoute("/v1beta/models", {}, none)).toThrow(/defaults\.gemini is not set/);
    expect(() => findRoute("/v1/models?key=k", {}, none)).toThrow(/defaults\.gemini is not set/);
  });

  it.each([
    "/v1/v1/messages",
    "/v1beta/v1beta/models",
    "/",
    "/v2/chat",
    "//v1/models",
    "/tool/payments",
    "*",
    "http://127.0.0.1/v1/models",
    "/run/a",
  ])("is unknown for %s", (url) => {
    expect(() => findRoute(url, {}, settings)).toThrow(expect.objectContaining({ code: "route_unknown" }));
  });

  it.each(["/chat/completions", "/responses/resp_1", "/messages", "/run/a/models/gemini-3:generateContent"])(
    "says of %s that the base URL lacks its version",
    (url) => {
      expect(() => findRoute(url, {}, settings)).toThrow(/its base URL ends in \/v1, or for Gemini/);
    },
  );

  it("speaks of no version where another is meant", () => {
    expect(() => findRoute("/v2/chat", {}, settings)).toThrow(/is none of these\.$/);
  });

  it("names what is configured where a target is not", () => {
    expect(() => findRoute("/u/opneai/v1/models", {}, settings)).toThrow(/"opneai".*openai, anthropic/);
    expect(() => findRoute("/tools/constructor/x", {}, settings)).toThrow(/"constructor".*payments/);
    expect(() => findRoute("/tools/x", {}, engineSettings({ tools: new Map() }))).toThrow(/Configured: none/);
  });

  it("of bare paths needs a default upstream of that vendor, and says how to do without", () => {
    const none = engineSettings({ defaultAnthropic: null });
    expect(() => findRoute("/v1/messages", {}, none)).toThrow(
      /defaults\.anthropic.*\/u\/<upstream>\/v1\/messages/,
    );
    expect(findRoute("/v1/models", {}, none).target.name).toBe("openai");
    expect(() => findRoute("/v1/models", {}, engineSettings({ defaultOpenai: null }))).toThrow(
      /defaults\.openai/,
    );
  });

  it.each([
    "/tools/payments/../admin",
    "/v1/./messages",
    "/u/openai/%2e%2E/x",
    "/tools/payments/.%2e",
    "/v1/models/..",
    "/v1/chat/completions#x",
    "/v1/x\\..\\chat/completions",
  ])("is refused for %s, which an upstream would resolve to another path", (url) => {
    expect(() => findRoute(url, {}, settings)).toThrow(
      expect.objectContaining({ code: "request_malformed" }),
    );
  });

  it("takes dots inside a segment as they are", () => {
    expect(findRoute("/tools/payments/..a/b.c/...", {}, settings).path).toBe("/..a/b.c/...");
  });

  it("shortens what it quotes", () => {
    const long = `/${"x".repeat(5_000)}`;
    expect(() => findRoute(long, {}, settings)).toThrow(/^.{1,400}$/s);
  });
});

describe("run, attempt and stage in the URL", () => {
  it("are read in their order, each of them optional behind the run", () => {
    expect(findRoute("/run/r/attempt/a/stage/s/v1/models", {}, settings)).toMatchObject({
      run: "r",
      attempt: "a",
      stage: "s",
      path: "/v1/models",
    });
    expect(findRoute("/run/r/stage/s/tools/payments/x", {}, settings)).toMatchObject({
      run: "r",
      attempt: null,
      stage: "s",
      path: "/x",
    });
    expect(findRoute("/v1/models", {}, settings)).toMatchObject({ run: null, attempt: null, stage: null });
  });

  it.each([
    ["/attempt/a/v1/models", "request_malformed"],
    ["/stage/s/v1/models", "request_malformed"],
    ["/attempt/a/run/r/v1/models", "request_malformed"],
    ["/run/r/stage/s/attempt/a/v1/models", "route_unknown"],
    ["/run/r/run/q/v1/models", "route_unknown"],
    ["/run//v1/models", "request_malformed"],
    ["/run/%/v1/models", "request_malformed"],
    ["/run/%ff/v1/models", "request_malformed"],
    ["/run/a%00b/v1/models", "request_malformed"],
    ["/run/a%0ab/v1/models", "request_malformed"],
    [`/run/${"x".repeat(nameLengthMax + 1)}/v1/models`, "request_malformed"],
  ])("are refused as %s (%s)", (url, code) => {
    expect(() => findRoute(url, {}, settings)).toThrow(expect.objectContaining({ code }));
  });

  it("come out as any name that was percent-encoded", () => {
    const names = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
      .filter((name) => name.isWellFormed() && name.length <= nameLengthMax && !/\p{Cc}/u.test(name));
    fc.assert(
      fc.property(names, names, (run, stage) => {
        const url = `/run/${encodeURIComponent(run)}/stage/${encodeURIComponent(stage)}/v1/models`;
        expect(findRoute(url, {}, settings)).toMatchObject({ run, stage, path: "/v1/models" });
      }),
    );
  });
});

describe("a name", () => {
  it("may have the longest length and no more", () => {
    expect(readName("x".repeat(nameLengthMax), "run")).toHaveLength(nameLengthMax);
    expect(() => readName("x".repeat(nameLengthMax + 1), "run")).toThrow(/1 to 256 characters/);
  });
});
