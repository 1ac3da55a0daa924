import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSource } from "../../src/config/source.ts";

describe("readSource", () => {
  it.each([
    ["a tag of its own", "a: !!js/function 'x'", "1:4 a plain value without a tag | !!js/function"],
    ["a YAML 1.1 tag", "a: !!binary AAAA", "1:4 a plain value without a tag | !!binary"],
    ["a key that stands twice", "a: 1\nb: 2\na: 3", "3:1 every key once | a"],
    ["a second document", "a: 1\n---\nb: 2", "2:1 one document | ---"],
    ["tabs as indentation", "a:\n\tb: 1", "2:1 spaces as indentation | a tab"],
    ["a key that is no text", "? [a]\n: 1", "1:3 text as a key | ["],
    ["an alias before its anchor", "a: *b\nb: &b 1", "1:4 every alias after its anchor | *b"],
    [
      "an anchor inside itself",
      "a: &a [*a]",
      "1:8 at most 32 levels of nesting, and no anchor that contains itself | *a",
    ],
    ["quotes that are not closed", "a: 'x\nb: 1", "2:5 Missing closing 'quote | "],
  ])("refuses %s", (_name, text, fault) => {
    expect(faultsOf(text)).toContain(fault);
  });

  it("bounds what anchors can grow to", () => {
    const bomb = `a: &a ${ten("x")}\nb: &b ${ten("*a")}\nc: &c ${ten("*b")}\nd: &d ${ten("*c")}\ne: ${ten("*d")}`;
    expect(faultsOf(bomb)).toEqual(["2:8 anchors that are repeated at most 100 times in all | *a"]);
    expect(readSource("f", bomb).value).toBeUndefined();
  });

  it.each([
    ["flow", "[".repeat(20_000)],
    ["block", `${"- ".repeat(20_000)}a`],
    ["closed", `${"[".repeat(40)}${"]".repeat(40)}`],
  ])("bounds nesting (%s)", (_name, text) => {
    expect(faultsOf(text)).toHaveLength(1);
    expect(faultsOf(text)[0]).toContain("at most 32 levels of nesting");
  });

  it("reads YAML 1.2, whatever the file says of its version", () => {
    const text = "%YAML 1.1\n---\na: yes\nb: 0o17\nc: <<\n<<: { d: 1 }\n2020-01-01: x\n";
    expect(readSource("f", text).value).toEqual({
      a: "yes",
      b: 15,
      c: "<<",
      "<<": { d: 1 },
      "2020-01-01": "x",
    });
  });

  it("finds keys, values, and the nearest thing above what is not there", () => {
    const source = readSource(
      "f",
      "posts:\n  - guard: budget\n    lowWater: 0.5\nlog: {}\nx: &x { y: 12 }\nz: *x\n",
    );
    expect(source.placeOf(["posts", 0, "lowWater"], "key")).toEqual({ line: 3, column: 5, length: 8 });
    expect(source.placeOf(["posts", 0, "lowWater"], "value")).toEqual({ line: 3, column: 15, length: 3 });
    expect(source.placeOf(["posts", 0, "highWater"], "value")).toEqual({ line: 2, column: 5, length: 1 });
    expect(source.placeOf(["z", "y"], "value")).toEqual({ line: 5, column: 12, length: 2 });
    expect(source.placeOf(["nowhere"], "value")).toEqual({ line: 1, column: 1, length: 1 });
  });

  it("points at the key where the value is empty", () => {
    expect(readSource("f", "a: 1\nposts:\n").placeOf(["posts"], "value")).toEqual({
      line: 2,
      column: 1,
      length: 5,
    });
  });

  it("throws for no text at all", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from("ab:-[]{}&*!?|>'\"#%@`,\n\t 1~<")), maxLength: 60 }),
        (text) => {
          const source = readSource("f", text);
          expect(source.faults.every(({ line, column }) => line >= 1 && column >= 1)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});

function faultsOf(text: string): readonly string[] {
  return readSource("f", text).faults.map(
    ({ line, column, expected, found }) => `${line}:${column} ${expected} | ${found}`,
  );
}

function ten(name: string): string {
  return `[${Array.from({ length: 10 }, () => name).join(", ")}]`;
}
