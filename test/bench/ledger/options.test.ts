import { describe, expect, it } from "vitest";
import { readLedgerOptions } from "../../../bench/ledger/options.ts";

const read = (line: string) => readLedgerOptions(line.split(" ").filter(Boolean), ["sqlite"]);

describe("the command line of the ledger's bench", () => {
  it("measures everything when it says nothing, and holds it to the bars", () => {
    expect(read("")).toEqual({
      phases: ["effects", "syncs"],
      connections: [1, 16, 64, 256],
      only: ["sqlite"],
      syncsMs: [0, 2],
      repeats: 3,
      seconds: 3,
      warmSeconds: 12,
      quietWaitSeconds: 2,
      priority: false,
      oneCore: false,
      bars: true,
      isFull: true,
      json: null,
    });
  });

  it("holds nothing to the bars that has but one core", () => {
    expect(read("--one-core")).toMatchObject({ oneCore: true, bars: false });
  });

  it.each(["--phases syncs", "--connections 8", "--only sqlite", "--syncs-ms 5"])(
    "knows that %s leaves something out",
    (line) => {
      expect(read(line).isFull).toBe(false);
    },
  );

  it("stays full when turns are shorter or fewer", () => {
    expect(read("--repeats 1 --seconds 1 --warm-seconds 1 --quiet-wait 0 --json a.json")).toMatchObject({
      isFull: true,
      repeats: 1,
      quietWaitSeconds: 0,
      json: "a.json",
    });
  });

  it.each([
    ["--connections 1,x", '--connections is a number over 0, not "x"'],
    ["--connections 1.5", '--connections takes whole numbers, not "1.5"'],
    ["--repeats 0", '--repeats is a number over 0, not "0"'],
    ["--syncs-ms -1", "syncs-ms"],
    ["--syncs-ms=-1", '--syncs-ms is a number from 0, not "-1"'],
    ["--only redis", '--only knows no "redis"; there are sqlite'],
    ["--phases all", '--phases knows no "all"; there are effects, syncs'],
  ])("says what is wrong with %s", (line, sentence) => {
    expect(() => read(line)).toThrow(sentence);
  });
});
