import { describe, expect, it } from "vitest";
import { readStreamOptions } from "../../../bench/stream/options.ts";

const read = (line: string) => readStreamOptions(line.split(" ").filter(Boolean));

describe("the command line of the bench of recorded streams", () => {
  it("measures everything when it says nothing, and holds it to the bars", () => {
    expect(read("")).toEqual({
      phases: ["slow", "first", "short", "replicas"],
      concurrent: [
        { streams: 1000, intervalMs: 100 },
        { streams: 5000, intervalMs: 500 },
      ],
      followed: 50,
      repeats: 2,
      holdSeconds: 60,
      seconds: 3,
      warmSeconds: 3,
      quietWaitSeconds: 2,
      priority: false,
      bars: true,
      isFull: true,
      json: null,
    });
  });

  it.each(["--phases slow", "--slow 10x50", "--followed 20"])(
    "knows that %s leaves something out",
    (line) => {
      expect(read(line).isFull).toBe(false);
    },
  );

  it("stays full when turns are shorter or fewer", () => {
    const line =
      "--repeats 1 --hold-seconds 2 --seconds 1 --warm-seconds 1 --quiet-wait 0 --priority --json a.json";
    expect(read(line)).toMatchObject({
      isFull: true,
      repeats: 1,
      holdSeconds: 2,
      priority: true,
      json: "a.json",
    });
    expect(read("--no-bars").bars).toBe(false);
  });

  it.each([
    ["--slow 1000", '--slow is STREAMSxINTERVAL_MS from 1x5, such as 1000x100, not "1000"'],
    ["--followed 1.5", '--followed takes whole numbers, not "1.5"'],
    ["--repeats 0", '--repeats is a number over 0, not "0"'],
    ["--phases all", '--phases knows no "all"; there are slow, first, short, replicas'],
  ])("says what is wrong with %s", (line, sentence) => {
    expect(() => read(line)).toThrow(sentence);
  });
});
