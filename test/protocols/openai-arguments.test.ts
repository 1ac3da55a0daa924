import { describe, expect, it } from "vitest";
import { acceptableArguments, canonicalArguments } from "../../src/protocols/openai-arguments.ts";

describe("arguments that go back to the provider", () => {
  it("are as they came where they are an object, and else an empty one", () => {
    const texts = ['{ "a": 12345678901234567890 }', '{"a":', "[1]", "null", "7", '"{}"', "", "\ufeff{}"];
    const sent = texts.map((argumentsText) => acceptableArguments({ kind: "function", argumentsText }));
    expect(sent).toEqual([texts[0], "{}", "{}", "{}", "{}", "{}", "{}", "{}"]);
  });

  it("are free text where the tool takes free text", () => {
    expect(acceptableArguments({ kind: "custom", argumentsText: "not {" })).toBe("not {");
  });
});

describe("arguments that a client wrote anew", () => {
  it("are the same with other spaces, another order, and as an empty object for nothing", () => {
    const of = (argumentsText: string) => canonicalArguments({ kind: "function", argumentsText });
    expect(of('{ "b": 1, "a": 2 }')).toBe(of('{"a":2,"b":1}'));
    expect(of(" ")).toBe(of("{}"));
    expect(of('{"a":1}')).not.toBe(of('{"a":2}'));
    expect(of('{"a":')).toBe('{"a":');
  });

  it("are every character of a free text", () => {
    const of = (argumentsText: string) => canonicalArguments({ kind: "custom", argumentsText });
    expect([of(""), of(" "), of('{ "a": 1 }')]).toEqual(["", " ", '{ "a": 1 }']);
  });
});
