import { describe, expect, it } from "vitest";
import { elementsIn, isPlainText, objectAt, partsAt, readPart } from "../../../src/protocols/gemini/parts.ts";
import { rootSpan } from "../../../src/wire/json-text.ts";

function read(part: unknown) {
  const text = typeof part === "string" ? part : JSON.stringify(part);
  return readPart(text, rootSpan(text));
}

describe("a part of a content", () => {
  it("is text, or thinking, also where only its signature is left", () => {
    expect(read({ text: "Hi" })).toMatchObject({ kind: "text", texts: ["Hi"], said: "Hi" });
    expect(read({ text: "Hm", thought: true })).toMatchObject({ kind: "thinking", texts: ["Hm"], said: "" });
    expect(read({ text: "", thoughtSignature: "c2ln" })).toMatchObject({ kind: "thinking", texts: ["c2ln"] });
    expect(read({ text: "Hi", thought_signature: "c2ln" })).toMatchObject({ kind: "text", said: "Hi" });
  });

  it("is a call, with its arguments exactly as they stand there", () => {
    const call = read('{"function_call":{"id":"a","name":"f","args":{ "n": 1.0 }}}').call;
    expect(call).toEqual({ id: "a", name: "f", argumentsText: '{ "n": 1.0 }' });
    expect(read({ functionCall: { name: "f" } }).call).toEqual({ id: "", name: "f", argumentsText: "{}" });
    expect(read({ functionCall: { name: "f", args: '{"n":' } }).call?.argumentsText).toBe('{"n":');
  });

  it("is a result, with the media in it", () => {
    const parts = [{ inlineData: { mimeType: "image/png", data: "aGk=" } }];
    const part = read({ functionResponse: { id: "a", name: "f", response: { error: "no" }, parts } });
    expect(part).toMatchObject({
      kind: "result",
      texts: ["no"],
      media: [{ kind: "image", base64: "aGk=" }],
      result: { id: "a", name: "f", isError: true, text: "no" },
    });
  });

  it("is media, of which thoughts are no part of what was said", () => {
    expect(read({ file_data: { mime_type: "audio/mp3", file_uri: "gs://x" } })).toMatchObject({
      kind: "media",
      media: [{ kind: "audio", base64: undefined }],
    });
    expect(read({ inlineData: { mimeType: "application/pdf", data: "" }, thought: true }).kind).toBe(
      "thinking",
    );
  });

  it("names the tools that the provider runs, and keeps what it does not know", () => {
    expect(read({ executableCode: { code: "1+1" } })).toMatchObject({
      kind: "other",
      providerCall: "code_execution",
    });
    expect(read({ toolCall: { toolType: "GOOGLE_SEARCH_WEB" } }).providerCall).toBe("GOOGLE_SEARCH_WEB");
    expect(read({ codeExecutionResult: { output: "2" } })).toMatchObject({
      kind: "other",
      providerCall: undefined,
    });
    expect(read({ hologram: 1 })).toMatchObject({ kind: "other", texts: ['{"hologram":1}'] });
    expect(read("7")).toMatchObject({ kind: "other", texts: ["7"] });
  });

  it("may be joined with its neighbour where it is nothing but text", () => {
    expect(isPlainText('{"text":"a"}')).toBe(true);
    expect(isPlainText('{"text":"a","thought":true}')).toBe(true);
    expect(isPlainText('{"text":"a","thoughtSignature":"s"}')).toBe(false);
    expect(isPlainText('{"functionCall":{}}')).toBe(false);
    expect(isPlainText("{}")).toBe(false);
  });

  it("stands in a list, or alone, and contents may stand one behind the other", () => {
    const content = '{"parts":{"text":"x"}}';
    expect(partsAt(content, rootSpan(content))).toHaveLength(1);
    expect(partsAt("{}", rootSpan("{}"))).toEqual([]);
    expect(elementsIn('{"a":1} , {"b":2}').map(({ start, end }) => [start, end])).toEqual([
      [0, 7],
      [10, 17],
    ]);
    expect(objectAt('{"a":1}', rootSpan('{"a":1}'), "a")).toBeUndefined();
  });
});
