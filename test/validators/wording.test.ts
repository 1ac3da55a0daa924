import { describe, expect, it } from "vitest";
import {
  faultsInWords,
  grammarInWords,
  truncatedInWords,
  unknownToolInWords,
} from "../../src/validators/wording.ts";
import type { Fault } from "../../src/validators/finding.ts";

describe("what a model is told", () => {
  it("is the regular expression that its free text must match", () => {
    expect(grammarInWords("run_sql", "select .+")).toBe(
      `The call of "run_sql" was not made: its input does not match the tool's grammar.
The whole input must match this regular expression, from its first character to its last:
select .+
Correct the input and call the tool again.`,
    );
  });

  it("is one sentence, a line for each fault, and the names that are right", () => {
    const faults: Fault[] = [
      {
        pointer: "/cty",
        kind: "unknown-parameter",
        expected: "a known parameter",
        found: '"cty"',
        closest: '"city"',
        known: ["city", "unit"],
      },
      { pointer: "/city", kind: "missing", expected: "a string", found: "nothing", known: ["city"] },
      {
        pointer: "/unit",
        kind: "enum",
        expected: 'one of "celsius", "fahrenheit"',
        found: '"Celcius"',
        closest: '"celsius"',
      },
      {
        pointer: "/a/0/x",
        kind: "unknown-parameter",
        expected: "a known parameter",
        found: '"x"',
        known: ["y"],
      },
      { pointer: "/days", kind: "duplicate-key", expected: "", found: "1" },
      { pointer: "", kind: "bounds", expected: "at least 1 parameters", found: "{}" },
    ];
    expect(faultsInWords("get_weather", faults, 2)).toBe(
      [
        'The call of "get_weather" was not made: its arguments do not fit the tool\'s schema.',
        '- /cty: there is no such parameter. Did you mean "city"?',
        "- /city: missing; expected a string.",
        '- /unit: expected one of "celsius", "fahrenheit"; found "Celcius". Did you mean "celsius"?',
        "- /a/0/x: there is no such parameter.",
        "- /days: this name stands more than once in its object; expected it once.",
        "- the arguments: expected at least 1 parameters; found {}.",
        "- and 2 more faults of this kind or another.",
        'Known parameters: "city", "unit".',
        'Known parameters of /a/0: "y".',
        "Correct the arguments and call the tool again.",
      ].join("\n"),
    );
  });

  it("says where malformed arguments break", () => {
    const fault: Fault = {
      pointer: "",
      kind: "malformed",
      expected: "The arguments are not valid JSON: at line 1, column 2, expected a name",
      found: '"{a"',
    };
    expect(faultsInWords("t", [fault], 0)).toContain(
      '- The arguments are not valid JSON: at line 1, column 2, expected a name; found "{a".',
    );
  });

  it("lists the tools that there are, nearest first", () => {
    expect(unknownToolInWords("get_wether", ["get_weather", "send_mail"])).toBe(
      'There is no tool "get_wether". Did you mean "get_weather"?\nThe tools are: "get_weather", "send_mail". Call one of these, by its exact name, or answer in text.',
    );
    expect(unknownToolInWords("x", [])).toContain("No tools are offered");
  });

  it("says that a cut call is cut", () => {
    expect(truncatedInWords("t")).toContain("the token limit cut the answer");
  });

  it("is bounded, whatever the names", () => {
    const long = "n".repeat(10_000);
    const faults = Array.from({ length: 200 }, (_, place): Fault => ({
      pointer: `/${long}${place}`,
      kind: "unknown-parameter",
      expected: "",
      found: "",
      known: Array.from({ length: 500 }, () => long),
    }));
    expect(faultsInWords(long, faults, 10_000).length).toBeLessThan(4_200);
    expect(
      unknownToolInWords(
        long,
        faults.map(({ pointer }) => pointer),
      ).length,
    ).toBeLessThan(4_200);
  });
});
