import { describe, expect, it } from "vitest";
import { toPost } from "../../src/config/settle.ts";
import { configOf } from "./loading.ts";

describe("the settled configuration", () => {
  it("separates what every post has from the options of its guard", () => {
    const written = { guard: "g", mode: "report", onError: "pass", planes: ["llm"], depth: 3 };
    expect(toPost(written)).toEqual({
      guard: "g",
      mode: "report",
      onError: "pass",
      planes: ["llm"],
      options: { depth: 3 },
    });
  });

  it("serves bare paths by the upstream of the vendor's name, where there is one", async () => {
    const config = await configOf(
      "upstreams: { anthropic: { url: 'http://a/' }, mine: { url: 'http://m//' } }",
    );
    expect(config.defaults).toEqual({ openai: null, anthropic: "anthropic", gemini: null });
    expect(config.upstreams).toEqual({ anthropic: { url: "http://a" }, mine: { url: "http://m" } });
  });

  it("serves no bare paths where that is said", async () => {
    expect((await configOf("defaults: { openai: null }")).defaults).toEqual({
      openai: null,
      anthropic: "anthropic",
      gemini: "gemini",
    });
  });
});
