import { describe, expect, it } from "vitest";
import { askStream, isList } from "../../../src/protocols/gemini/ask-stream.ts";
import { path } from "./traffic.ts";

const body = '{"contents":[]}';
const streaming = "/v1beta/models/gemini-3-flash:streamGenerateContent";

function askedWith(generationConfig: unknown): unknown {
  return askStream(JSON.stringify({ contents: [], generationConfig }), path, "");
}

describe("asking for a stream", () => {
  it("takes another method and asks for events, with the body as it came", () => {
    expect(askStream(body, path, "")).toEqual({ path: streaming, query: "?alt=sse", body });
    expect(askStream(body, streaming, "?alt=sse")).toEqual({ path: streaming, query: "?alt=sse", body });
    expect(askStream(body, "/v1/models/m%3agenerateContent", "")?.path).toBe(
      "/v1/models/m%3astreamGenerateContent",
    );
  });

  it.each([
    ["?key=a%20b&alt=json&prettyPrint=false", "?key=a%20b&prettyPrint=false&alt=sse"],
    ["?%24alt=json&key=k", "?key=k&alt=sse"],
    ["?alt", "?alt=sse"],
    ["?key=k&alt=sse", "?key=k&alt=sse"],
    ["?alt=sse&prettyPrint=false", "?alt=sse&prettyPrint=false"],
    ["?alternative=1", "?alternative=1&alt=sse"],
  ])("keeps what else the query %s says", (query, expected) => {
    expect(askStream(body, path, query)?.query).toBe(expected);
  });

  it.each(["?alt=proto", "?$alt=media", "?fields=candidates", "?$fields=usageMetadata", "?callback=f"])(
    "is not done where the query asks for a form or a selection of its own: %s",
    (query) => {
      expect(askStream(body, path, query)).toBeNull();
    },
  );

  it.each([
    { candidateCount: 2 },
    { candidate_count: 3 },
    { responseModalities: ["TEXT", "AUDIO"] },
    { responseModalities: ["IMAGE"] },
    { responseModalities: "AUDIO" },
    { responseLogprobs: true },
  ])("is not done for what no stream tells so that it can be put together: %j", (config) => {
    expect(askedWith(config)).toBeNull();
  });

  it.each([{ candidateCount: 1 }, { responseModalities: ["TEXT"] }, { responseLogprobs: false }, null])(
    "is done for %j",
    (config) => {
      expect(askedWith(config)).not.toBeNull();
    },
  );

  it("is not done for what asks for no answer", () => {
    expect(askStream(body, "/v1beta/models/m:countTokens", "")).toBeNull();
    expect(askStream("[]", path, "")).toBeNull();
  });
});

describe("a stream of the Gemini API", () => {
  it.each([
    ["?alt=sse", false],
    ["?key=k&%24alt=sse", false],
    ["", true],
    ["?alt=json", true],
    ["?key=sse", true],
  ])("that is asked for with %j is a list: %j", (query, list) => {
    expect(isList(query)).toBe(list);
  });
});
