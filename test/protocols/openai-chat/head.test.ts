import { describe, expect, it } from "vitest";
import { readHead } from "../../../src/protocols/openai-chat/head.ts";
import { JsonTextError } from "../../../src/wire/json-scan.ts";

describe("what a request says besides its messages", () => {
  it("is read at once: options, offers and the choice among them", () => {
    const text =
      '{"model":"m","stream":true,"n":2,"max_tokens":7,"messages":[],"tool_choice":"required","tools":[{"type":"function","function":{"name":"f"}}]}';
    const head = readHead(text);
    expect(head).toMatchObject({ model: "m", stream: true, choices: 2, answerTokensMax: 7 });
    expect(head.toolChoice).toEqual({ kind: "required" });
    const [offer] = head.offers;
    expect(offer?.name).toBe("f");
    expect(text.slice(offer?.span.start, offer?.span.end)).toBe(
      '{"type":"function","function":{"name":"f"}}',
    );
    expect(head.offerTexts.map(({ span }) => text.slice(span.start, span.end))).toEqual([
      head.offerTexts[0]?.original,
    ]);
  });

  it("has the text of a list that is none", () => {
    const head = readHead('{"messages":[],"tools":{"a":1},"functions":[]}');
    expect(head.offers).toEqual([]);
    expect(head.offerTexts.map(({ original }) => original)).toEqual(['{"a":1}', "[]"]);
    expect(head.toolChoice).toEqual({ kind: "none" });
  });

  it("is JSON in all of its members", () => {
    for (const text of ['{"a":tru}', '{"tools":[tru],"tools":[]}', '{"tools":[tru]}']) {
      expect(() => readHead(text)).toThrow(JsonTextError);
    }
  });
});
