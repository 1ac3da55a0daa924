import { describe, expect, it } from "vitest";
import { protocols } from "../../src/protocols/index.ts";

function voices(path: string, headers = {}): string[] {
  return protocols.filter((one) => one.words(path, headers)).map(({ name }) => name);
}

describe("the list of protocols", () => {
  it("gives every protocol a name of its own", () => {
    expect(protocols.map(({ name }) => name)).toEqual([
      "openai-chat",
      "openai-responses",
      "anthropic-messages",
      "gemini",
    ]);
  });

  it("has at most one protocol for a request", () => {
    for (const path of [
      "/v1/chat/completions",
      "/v1/responses",
      "/v1/messages",
      "/v1/models",
      "/v1/models/m:generateContent",
      "/",
    ]) {
      expect(protocols.filter((one) => one.matches("POST", path)).length).toBeLessThanOrEqual(1);
    }
    expect(protocols.find((one) => one.matches("POST", "/v1/messages"))?.name).toBe("anthropic-messages");
    expect(protocols.find((one) => one.matches("POST", "/v1/chat/completions"))?.name).toBe("openai-chat");
  });

  it("has exactly one voice for each vendor's paths", () => {
    expect(voices("/v1/models")).toEqual(["openai-chat"]);
    expect(voices("/v1/responses/resp_1")).toEqual(["openai-responses"]);
    expect(voices("/v1/models", { "anthropic-version": "2023-06-01" })).toEqual(["anthropic-messages"]);
    expect(voices("/v1/messages/batches")).toEqual(["anthropic-messages"]);
    expect(voices("/v1beta/models")).toEqual(["gemini"]);
    expect(voices("/v1/models", { "x-goog-api-key": "k" })).toEqual(["gemini"]);
    expect(voices("/v1/models/m:generateContent")).toEqual(["gemini"]);
    expect(voices("/v1/models/ft:gpt-4o:acme::abc")).toEqual(["openai-chat"]);
  });
});
