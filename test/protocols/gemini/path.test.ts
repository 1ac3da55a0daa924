import { describe, expect, it } from "vitest";
import { isGeminiPath, pathOfModel, readPath } from "../../../src/protocols/gemini/path.ts";

describe("the path of a Gemini request", () => {
  it.each([
    ["/v1beta/models/gemini-3-flash:generateContent", { model: "gemini-3-flash", stream: false }],
    ["/v1/models/gemini-3-flash:streamGenerateContent", { model: "gemini-3-flash", stream: true }],
    ["/v1beta/tunedModels/mine-1:generateContent", { model: "mine-1", stream: false }],
    ["/v1/models/gemini-3-flash%3AgenerateContent", { model: "gemini-3-flash", stream: false }],
    [
      "/v1/projects/p/locations/us/publishers/google/models/gemini-3-pro:streamGenerateContent",
      { model: "gemini-3-pro", stream: true },
    ],
    ["/v1/projects/p/locations/us/endpoints/123:generateContent", { model: "123", stream: false }],
  ])("says what is asked and how: %s", (path, said) => {
    expect(readPath(path)).toEqual(said);
  });

  it.each([
    "/v1beta/models/gemini-3-flash:countTokens",
    "/v1beta/models/gemini-3-flash:generateContent/x",
    "/v1beta/models/gemini-3-flash:batchGenerateContent",
    "/v1beta/models/:generateContent",
    "/v1/chat/completions",
  ])("is none for %s", (path) => expect(readPath(path)).toBeNull());

  it("leads to one model, whatever the method", () => {
    const paths = ["/v1/models/m:generateContent", "/v1/models/m%3AstreamGenerateContent", "/v1/models/m"];
    expect(paths.map(pathOfModel)).toEqual(paths.map(() => "/v1/models/m"));
    expect(pathOfModel("/v1/models/m:countTokens")).toBe("/v1/models/m:countTokens");
  });

  it("is known as Google's by its version, or by a method on a model", () => {
    const own = ["/v1beta/models", "/v1alpha/x", "/upload/v1beta/files", "/v1/models/m:embedContent"];
    expect(own.filter((path) => !isGeminiPath(path))).toEqual([]);
    const others = ["/v1/models", "/v1/models/ft:gpt-4o:acme::abc", "/v1/betas/x", "/v1betamax"];
    expect(others.filter(isGeminiPath)).toEqual([]);
  });
});
