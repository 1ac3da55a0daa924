import { describe, expect, it } from "vitest";
import { answerIn, errorBodyIn, objectIn, unreadable } from "../../src/protocols/openai-answer.ts";

describe("a whole answer", () => {
  it("is an object with the list that is its answer", () => {
    expect(answerIn('{"choices":[]}', "choices")).toEqual({ choices: [] });
    expect(() => answerIn('{"choices":[]}', "output")).toThrow(
      unreadable('The model\'s answer has no array "output".'),
    );
    expect(() => answerIn("[]", "output")).toThrow(unreadable("The model's answer is not a JSON object."));
    expect(() => answerIn("<html>", "output")).toThrow(unreadable("The model's answer is not valid JSON."));
  });

  it("is quoted, at some length, where it is an error", () => {
    const said = (error: unknown) => () => answerIn(JSON.stringify({ error }), "choices");
    expect(said({ message: "No credits." })).toThrow("The upstream answered with an error: No credits.");
    expect(said("x".repeat(900))).toThrow(new RegExp(`error: x{500}$`));
  });

  it("is refused in words where it is nested too deep to be edited", () => {
    const deep = `{"choices":[${"[".repeat(20_000)}${"]".repeat(20_000)}]}`;
    expect(() => answerIn(deep, "choices")).toThrow(
      expect.objectContaining({ code: "upstream_unreadable" }) as Error,
    );
  });
});

describe("a piece of a stream", () => {
  it("is an object, or refused in its own words", () => {
    expect(objectIn('{"a":1}', "An event")).toEqual({ a: 1 });
    expect(() => objectIn("[1]", "An event")).toThrow(unreadable("An event is not a JSON object."));
    expect(() => objectIn('{"a":', "An event")).toThrow(unreadable("An event is not valid JSON."));
    // It is valid JSON, and whoever looks for a comma too many would look in vain.
    const deep = `{"a":${"[".repeat(2000)}${"]".repeat(2000)}}`;
    expect(() => objectIn(deep, "An event")).toThrow(/^An event cannot be read. .*512 levels of nesting/);
  });

  it("that is an error may be anything", () => {
    expect(errorBodyIn('{"error":{}}')).toEqual({ error: {} });
    expect(errorBodyIn("[1]")).toEqual({});
    expect(errorBodyIn("overloaded")).toEqual({});
  });
});
