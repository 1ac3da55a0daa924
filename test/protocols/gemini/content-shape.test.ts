import { describe, expect, it } from "vitest";
import { shapeOf, systemParts } from "../../../src/protocols/gemini/content-shape.ts";

describe("the shape of a message", () => {
  it("is found once for each text", () => {
    const text = '{"role":"model","parts":[{"text":"once"}]}';
    expect(shapeOf(`${text} `.trim())).toBe(shapeOf(text));
  });

  it("is the same for one content and for the pieces of it that a chat keeps", () => {
    const whole = shapeOf(
      '{"role":"model","parts":[{"text":"Hello"},{"functionCall":{"name":"f","args":{}}}]}',
    );
    const pieces = shapeOf(
      '{"role":"model","parts":[{"text":"Hel"}]}, {"role":"model","parts":[{"text":"lo"}]},' +
        '{"role":"model","parts":[{"functionCall":{"name":"f"}}]}',
    );
    expect(pieces.hash).toBe(whole.hash);
    expect(pieces.parts).toHaveLength(3);
    expect(pieces.calls).toEqual([{ id: "", name: "f", kind: "function", argumentsText: "{}" }]);
  });

  it("knows results from what a user said, whatever their role is called", () => {
    const response = { functionResponse: { name: "f", response: { output: "1" } } };
    const shape = (role: string, ...parts: unknown[]) => shapeOf(JSON.stringify({ role, parts }));
    expect(shape("user", response)).toMatchObject({ role: "user", hasResults: true, hasUserContent: false });
    expect(shape("function", response)).toMatchObject({
      role: "tool",
      hasResults: true,
      hasUserContent: false,
    });
    expect(shape("user", response, { text: "x" })).toMatchObject({ hasResults: true, hasUserContent: true });
    expect(shape("model", { text: "x" })).toMatchObject({ role: "assistant", hasUserContent: false });
    expect(shapeOf('{"parts":[{"text":"x"}]}')).toMatchObject({ role: "user", hasUserContent: true });
  });

  it("tells images apart that a user sent, and takes a model's for what a client cannot know of", () => {
    const image = (role: string, data: string) =>
      shapeOf(JSON.stringify({ role, parts: [{ inlineData: { mimeType: "image/png", data } }] })).hash;
    expect(image("user", "AAAA")).not.toBe(image("user", "BBBB"));
    expect(image("model", "AAAA")).toBe(image("model", "BBBB"));
  });

  it("is refused for what is no content", () => {
    expect(() => shapeOf("1")).toThrow(expect.objectContaining({ code: "request_malformed" }));
  });

  it("of a system instruction is its parts; a text alone has none", () => {
    expect(systemParts('{"parts":{"text":"x"}}').parts.map(({ texts }) => texts)).toEqual([["x"]]);
    expect(systemParts('"x"').parts).toEqual([]);
  });
});
