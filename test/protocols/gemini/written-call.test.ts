import { describe, expect, it } from "vitest";
import { withArguments } from "../../../src/protocols/gemini/written-call.ts";

describe("a call with its arguments whole", () => {
  it("keeps all else in its part, the signature too", () => {
    const part = '{"functionCall":{"name":"f","id":"a","willContinue":true},"thoughtSignature":"c2ln"}';
    expect(withArguments(part, '{"x": 1}')).toBe(
      '{"functionCall":{"name":"f","id":"a","args":{"x": 1}},"thoughtSignature":"c2ln"}',
    );
    const snake = '{"function_call":{"partial_args":[],"name":"f","args":{"y":2}}}';
    expect(withArguments(snake, "{}")).toBe('{"function_call":{"name":"f","args":{}}}');
  });

  it("is no other part", () => {
    expect(withArguments('{"text":"x"}', "{}")).toBe('{"text":"x"}');
  });
});
