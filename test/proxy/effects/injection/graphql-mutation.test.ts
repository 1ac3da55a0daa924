import { describe, expect, it } from "vitest";
import { mutationField } from "../../../../src/proxy/effects/injection/graphql-mutation.ts";

describe("the field of a mutation", () => {
  it("is found with its arguments, its directives and the place for another one", () => {
    const document =
      'query Q { a } mutation M($in: X = {d: "}"}) @m { r: refund(in: $in, key: "k", o: {p: [1]}) @d(if: true) { id } }';
    const field = mutationField(document, "M");
    expect(field).toMatchObject({ name: "refund", directives: [{ name: "d" }] });
    if ("why" in field) throw new Error(field.why);
    expect([...field.arguments]).toEqual([
      ["in", { kind: "variable", name: "in" }],
      ["key", { kind: "string", value: "k", start: 73, end: 76 }],
      ["o", { kind: "other" }],
    ]);
    expect(document.slice(73, 76)).toBe('"k"');
    expect(document.slice(0, field.end).endsWith("@d(if: true)")).toBe(true);
  });

  it("has its place behind its name where it has no arguments", () => {
    expect(mutationField("mutation{a}", null)).toMatchObject({ name: "a", end: 10 });
  });

  it("is found beside fragments, and without an operation's name where there is one operation", () => {
    const document = "fragment F on T @x(a: {}) { b { c } } mutation { a { ...F } }";
    expect(mutationField(document, null)).toMatchObject({ name: "a" });
  });

  it.each([
    ["query { a }", null, "is a query"],
    ["{ a }", null, "is a query"],
    ["mutation A { a } mutation B { b }", null, "which operation"],
    ["mutation A { a }", "B", "which operation"],
    ["mutation { a b }", null, "exactly one field"],
    ["mutation { a: x b: x }", null, "exactly one field"],
    ["mutation { a ...F }", null, "exactly one field"],
    ["mutation { a ... on M @x(y: 1) { b } }", null, "exactly one field"],
    ["mutation { }", null, "exactly one field"],
    ["type Mutation { a: Int }", null, "nothing that can be executed"],
    ["mutation { a(b: 1, b: 2) }", null, "the argument b twice"],
    ["mutation { a(b: ]) }", null, "where a value begins"],
    ["mutation { a { b) } }", null, "closes nothing"],
    ["mutation { a", null, "ends too early"],
    ["mutation { a(", null, "ends too early"],
    ["mutation", null, "ends too early"],
    ["} mutation { a }", null, "where a definition begins"],
    ["", null, "which operation"],
  ])("is none of %s", (document, operation, why) => {
    expect(mutationField(document, operation)).toEqual({ why: expect.stringContaining(why) });
  });

  it("is looked for without recursion, in documents of any depth", () => {
    const deep = 30_000;
    expect(mutationField(`mutation{a${"{b".repeat(deep)}${"}".repeat(deep)}}`, null)).toMatchObject({
      name: "a",
    });
    expect(mutationField(`mutation{a(b:${"[".repeat(deep)}`, null)).toMatchObject({
      why: expect.stringContaining("ends too early"),
    });
  });
});
