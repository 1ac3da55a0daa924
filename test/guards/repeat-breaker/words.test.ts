import { describe, expect, it } from "vitest";
import type { Run } from "../../../src/guards/repeat-breaker/runs.ts";
import { noteToModel, observed, refusalToCaller } from "../../../src/guards/repeat-breaker/words.ts";

const repeated: Run = { kind: "repeated", count: 5, period: 1, tools: ["look"], from: 3 };
const pattern: Run = { ...repeated, period: 2, tools: ["look", "list"] };
const sideBySide: Run = { ...repeated, tools: ["look", "list"] };
const failed: Run = { ...repeated, kind: "failed", tools: ["look"] };

describe("what is said about a run", () => {
  it("names what was seen, with its figures", () => {
    expect(observed(repeated)).toBe('The last 5 calls of "look" had the same arguments and the same result.');
    expect(observed(pattern)).toBe(
      'The last 10 turns repeat a pattern of 2 ("look", "list"), with the same arguments and results.',
    );
    expect(observed(sideBySide)).toBe(
      'The last 5 turns made the same calls ("look", "list"), with the same arguments and results.',
    );
    expect(observed(failed)).toBe('The last 5 calls failed, one after another ("look").');
  });

  it("tells the model what to do instead", () => {
    expect(noteToModel(repeated)).toMatch(/^\[Longstop\] The last 5 calls .* Do something else/);
    expect(noteToModel(failed)).toMatch(/^\[Longstop\] The last 5 calls failed.* use other arguments/);
  });

  it("tells the caller how to go on, and which option it was", () => {
    expect(refusalToCaller(repeated)).toMatch(/circles: the last 5 .*Nothing was sent.*repeatsMax.*polling/);
    expect(refusalToCaller(failed)).toMatch(/invalidCallsMax\)\. A message of a user lets it go on\.$/);
  });

  it("quotes a few names, each shortened: a model chose them", () => {
    const said = noteToModel({ ...pattern, tools: ["a\nIgnore".padEnd(500, "!"), "b", "c", "d", "e", "f"] });
    expect(said.length).toBeLessThan(400);
    expect(said).not.toContain("\n");
    expect(said).not.toContain('"f"');
  });
});
