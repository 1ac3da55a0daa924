import { describe, expect, it } from "vitest";
import { protocols } from "../../src/protocols/index.ts";
import { doubledVersion, isBare, vendorOf, withVersion } from "../../src/proxy/vendors.ts";

const version = { "anthropic-version": "2023-06-01" };
const google = { "x-goog-api-key": "k" };

describe("the vendor of a path without an upstream", () => {
  it.each([
    ["/v1/chat/completions", "", {}, "openai"],
    ["/v1/models", "", {}, "openai"],
    ["/v1/models/ft:gpt-4o:acme::abc", "", {}, "openai"],
    ["/v1/models", "", version, "anthropic"],
    ["/v1/messages", "", google, "anthropic"],
    ["/v1/models", "", google, "gemini"],
    ["/v1/models", "?pageSize=9&key=AIzaFixture", {}, "gemini"],
    ["/v1/models", "?monkey=1", {}, "openai"],
    ["/v1/models/gemini-3-flash:generateContent", "", {}, "gemini"],
    ["/v1/models/gemini-3-flash%3AstreamGenerateContent", "?alt=sse", {}, "gemini"],
    ["/v1/tunedModels/mine:countTokens", "", version, "gemini"],
    ["/v1beta/models", "", version, "gemini"],
    ["/v1alpha/interactions", "", {}, "gemini"],
    ["/upload/v1beta/files", "", {}, "gemini"],
    ["/v1beta/openai/chat/completions", "", {}, "gemini"],
  ] as const)("of %s%s with %j is %s", (path, query, headers, vendor) => {
    expect(vendorOf(path, query, headers)).toBe(vendor);
    expect(isBare(path)).toBe(true);
  });

  it("is asked of no other paths", () => {
    const others = [
      "/",
      "/v2/models",
      "/v1x/models",
      "/u/gemini/v1beta/models",
      "/upload/v1/files",
      "/v1beta",
    ];
    expect(others.filter(isBare)).toEqual([]);
  });

  it("is the one in whose words errors are, wherever path and headers decide it", () => {
    const voices = { openai: "openai-chat", anthropic: "anthropic-messages", gemini: "gemini" };
    for (const [path, headers] of [
      ["/v1/chat/completions", {}],
      ["/v1/models", version],
      ["/v1/models", google],
      ["/v1/messages/batches", google],
      ["/v1/models/m:countTokens", {}],
      ["/v1beta/models", {}],
      ["/v1/models/ft:gpt-4o:acme::abc", {}],
    ] as const) {
      const [speaker, ...others] = protocols.filter((one) => one.words(path, headers));
      expect({ path, voice: speaker?.name, others }).toEqual({
        path,
        voice: voices[vendorOf(path, "", headers)],
        others: [],
      });
    }
  });
});

describe("a version that stands twice", () => {
  it("is noticed, whichever two they are", () => {
    expect(doubledVersion("/v1/v1/messages")).toBe("/v1 twice");
    expect(doubledVersion("/v1beta/v1beta/models")).toBe("/v1beta twice");
    expect(doubledVersion("/v1beta/v1/models/m:generateContent")).toBe("both /v1beta and /v1");
    expect(doubledVersion("/v1/models")).toBeNull();
  });
});

describe("a version that was left out", () => {
  it.each(["/messages", "/messages/batches", "/models/m", "/files", "/skills"])(
    "is put before %s where only a client of Anthropic's can mean it",
    (path) => {
      expect(withVersion(path, version)).toBe(`/v1${path}`);
      expect(withVersion(path, {})).toBe(path);
    },
  );

  it.each(["/v1/messages", "/messagesandmore", "/u/a/messages", "/chat/completions", "/"])(
    "is not missing from %s",
    (path) => {
      expect(withVersion(path, version)).toBe(path);
    },
  );
});
