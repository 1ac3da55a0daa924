import { describe, expect, it } from "vitest";
import { GraphqlTextError, tokensOf } from "../../../../src/proxy/effects/injection/graphql-tokens.ts";

const texts = (document: string): string[] => tokensOf(document).map(({ text }) => text);

describe("the tokens of a GraphQL document", () => {
  it("are names, punctuators, numbers and strings, without commas, space and comments", () => {
    expect(texts("\uFEFFmutation M($a: [Int!]) { # f(\n x(a: -1.5e3, b: $a) ...F }")).toEqual(
      "mutation M ( $ a : [ Int ! ] ) { x ( a : -1.5e3 b : $ a ) ... F }".split(" "),
    );
  });

  it("hold strings whole, whatever is in them", () => {
    expect(texts('{a(s: "}\\"#{", b: """ "}" \\""" { """, c: "")}')).toEqual([
      ..."{ a ( s :".split(" "),
      '"}\\"#{"',
      "b",
      ":",
      '""" "}" \\""" { """',
      "c",
      ":",
      '""',
      ")",
      "}",
    ]);
  });

  it("say where they stand", () => {
    expect(tokensOf("  {a}")[1]).toEqual({ kind: "name", text: "a", start: 3, end: 4 });
  });

  it.each(['{a(b: "unclosed)}', "{a ~ b}", '{a(b: "two\nlines")}', "{a(b: 'x')}"])(
    "are none of %j",
    (document) => {
      expect(() => tokensOf(document)).toThrow(GraphqlTextError);
    },
  );

  it("are read in time with the length, of the worst there is as well", () => {
    const long = 128_000;
    expect(tokensOf(`"""${'\\"a'.repeat(long / 3)}"""`)).toHaveLength(1);
    expect(tokensOf("{".repeat(long))).toHaveLength(long);
    expect(tokensOf("#\n ,".repeat(long / 4))).toEqual([]);
    expect(() => tokensOf(`"${"a".repeat(long)}`)).toThrow(GraphqlTextError);
    expect(() => tokensOf(`"""${'"a'.repeat(long / 2)}`)).toThrow(GraphqlTextError);
    expect(() => tokensOf(`{${" ".repeat(long * 2)}}`)).toThrow("more than 131072 characters");
  });
});
