import { describe, expect, it } from "vitest";
import { askStream } from "../../../src/protocols/openai-chat/ask-stream.ts";

const path = "/v1/chat/completions";

function bodyAsked(body: string): string | undefined {
  return askStream(body, path, "?api-version=1")?.body;
}

describe("asking for a stream", () => {
  it("adds two members, and leaves all other bytes as they came", () => {
    expect(askStream('{ "model": "m",\n "n": 1, "messages": [] }', path, "?api-version=1")).toEqual({
      path,
      query: "?api-version=1",
      body: '{ "model": "m",\n "n": 1, "messages": [],"stream":true,"stream_options":{"include_usage":true} }',
    });
  });

  it("keeps what else the options of a stream say", () => {
    expect(bodyAsked('{"stream_options":{"include_obfuscation":false},"stream":false}')).toBe(
      '{"stream_options":{"include_obfuscation":false,"include_usage":true},"stream":true}',
    );
    expect(bodyAsked('{"stream":true,"stream_options":{}}')).toBe(
      '{"stream":true,"stream_options":{"include_usage":true}}',
    );
    expect(bodyAsked('{"stream_options":{"include_usage":false}}')).toBe(
      '{"stream_options":{"include_usage":true},"stream":true}',
    );
    expect(bodyAsked('{"stream_options":null}')).toBe(
      '{"stream_options":{"include_usage":true},"stream":true}',
    );
  });

  it("edits of equal names the last, which counts", () => {
    expect(bodyAsked('{"stream":1,"stream":false,"stream_options":{}}')).toBe(
      '{"stream":1,"stream":true,"stream_options":{"include_usage":true}}',
    );
  });

  it.each([
    '{"n":2}',
    '{"n":"1"}',
    '{"modalities":["text","audio"]}',
    '{"audio":{"voice":"ash","format":"mp3"}}',
    '{"prompt_logprobs":0}',
    '{"best_of":2}',
    '{"use_beam_search":true}',
    '{"stream_options":"all"}',
    "[]",
    "{",
  ])("is not done for what no stream tells: %s", (body) => {
    expect(askStream(body, path, "")).toBeNull();
  });

  it.each([
    '{"n":1}',
    '{"n":null}',
    '{"modalities":["text"]}',
    '{"audio":null}',
    '{"use_beam_search":false}',
  ])("is done for %s", (body) => {
    expect(askStream(body, path, "")).not.toBeNull();
  });
});
