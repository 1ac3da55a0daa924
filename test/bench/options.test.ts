import { describe, expect, it } from "vitest";
import { phaseNames, readOptions, scenarioName, sizeNames } from "../../bench/options.ts";

const names = ["direct", "bare", "with"];
const read = (line: string) => readOptions(line.split(" ").filter(Boolean), names);

describe("the command line of the bench", () => {
  it("measures everything when it says nothing, and holds it to the bars", () => {
    expect(read("")).toEqual({
      phases: [...phaseNames],
      sizes: [...sizeNames],
      concurrent: [
        { streams: 1000, intervalMs: 100 },
        { streams: 5000, intervalMs: 500 },
      ],
      only: names,
      repeats: 3,
      seconds: 3,
      warmSeconds: 12,
      holdSeconds: 10,
      quietWaitSeconds: 2,
      priority: false,
      bars: true,
      isFull: true,
      json: null,
    });
  });

  it("takes a part, in the order of the bench", () => {
    const options = read("--phases streams,throughput --sizes 1m,1k --only with,direct --concurrent 10x20");
    expect(options).toMatchObject({
      phases: ["throughput", "streams"],
      sizes: ["1k", "1m"],
      only: ["direct", "with"],
      concurrent: [{ streams: 10, intervalMs: 20 }],
      isFull: false,
    });
  });

  it.each(["--only bare", "--only=bare", "--phases streams", "--sizes 1k", "--concurrent 10x20"])(
    "knows that %s leaves something out",
    (line) => {
      expect(read(line).isFull).toBe(false);
    },
  );

  it("stays full when turns are shorter or fewer, and no bars fail nothing", () => {
    expect(
      read(
        "--seconds 0.5 --repeats 1 --warm-seconds 1 --hold-seconds 2 --quiet-wait 0 --no-bars --priority --json a.json",
      ),
    ).toMatchObject({
      seconds: 0.5,
      repeats: 1,
      warmSeconds: 1,
      holdSeconds: 2,
      quietWaitSeconds: 0,
      bars: false,
      priority: true,
      json: "a.json",
      isFull: true,
    });
  });

  it.each([
    ["--only portkay", '--only knows no "portkay"; there are direct, bare, with'],
    ["--phases stream", '--phases knows no "stream"; there are throughput, streams'],
    ["--sizes 2k", '--sizes knows no "2k"; there are 1k, 100k, 1m'],
    ["--repeats 1.5", '--repeats takes whole numbers, not "1.5"'],
    ["--repeats 0", '--repeats is a number over 0, not "0"'],
    ["--seconds fast", '--seconds is a number over 0, not "fast"'],
    ["--quiet-wait=-1", '--quiet-wait is a number from 0, not "-1"'],
    ["--concurrent 1000", '--concurrent is STREAMSxINTERVAL_MS from 1x5, such as 1000x100, not "1000"'],
    ["--concurrent 10x1", "--concurrent is STREAMSxINTERVAL_MS"],
    ["--concurrent 0x50", "--concurrent is STREAMSxINTERVAL_MS"],
    ["--turbo", "Unknown option '--turbo'"],
  ])("refuses %s and says what there is", (line, sentence) => {
    expect(() => read(line)).toThrow(sentence);
  });

  it("names a scenario as the tables and the bars do", () => {
    expect(scenarioName({ streams: 5000, intervalMs: 500 })).toBe("5,000 × 500 ms");
  });
});
