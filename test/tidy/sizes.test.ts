import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { filesUnder, root } from "./source-files.ts";

const linesMax = 300;
const columnsMax = 110;

describe("every file of src", () => {
  const files = filesUnder("src", ".ts", ".sql");

  it(`has at most ${linesMax} lines`, () => {
    expect(files.length).toBeGreaterThan(60);
    const faults = files
      .map((file) => ({ path: file.path, lines: file.text.trimEnd().split("\n").length }))
      .filter(({ lines }) => lines > linesMax)
      .map((file) => `${file.path} has ${file.lines} lines. Split it where it has a second subject.`);
    expect(faults).toEqual([]);
  });

  it(`has lines of at most ${columnsMax} columns`, () => {
    const faults = files.flatMap((file) =>
      file.text
        .split("\n")
        .map((line, index) => ({ line, at: `${file.path}:${index + 1}` }))
        .filter(({ line }) => line.length > columnsMax)
        .map(({ line, at }) => `${at} has ${line.length} columns. Break the line, or say it shorter.`),
    );
    expect(faults).toEqual([]);
  });
});

// Functions are measured by the linter, which reads the language; here it is kept from looking away.
describe("the linter's limits", () => {
  interface Lint {
    readonly rules: Readonly<Record<string, unknown>>;
    readonly overrides: readonly {
      readonly files: readonly string[];
      readonly rules: Readonly<Record<string, unknown>>;
    }[];
  }
  const lint = JSON.parse(readFileSync(path.join(root, ".oxlintrc.json"), "utf8")) as Lint;
  const limits = ["max-lines-per-function", "complexity"];

  it("hold functions of src to 60 lines and a complexity of 16", () => {
    expect(lint.rules["max-lines-per-function"]).toEqual(["error", expect.objectContaining({ max: 60 })]);
    expect(lint.rules["complexity"]).toEqual(["error", 16]);
  });

  it("are lifted for no file of src, neither by configuration nor by a comment", () => {
    const lifted = lint.overrides
      .filter(({ rules }) => limits.some((limit) => limit in rules))
      .flatMap(({ files }) => files)
      .filter((pattern) => pattern.startsWith("src") || pattern.startsWith("**"))
      .map((pattern) => `.oxlintrc.json lifts a limit for ${pattern}. Split the function instead.`);
    const silenced = filesUnder("src", ".ts")
      .filter(({ text }) =>
        limits.some((limit) => new RegExp(`(?:ox|es)lint-disable[^\\n]*${limit}`).test(text)),
      )
      .map((file) => `${file.path} switches a limit off. Split the function instead.`);
    expect([...lifted, ...silenced]).toEqual([]);
  });
});
