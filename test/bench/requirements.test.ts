import { describe, expect, it } from "vitest";
import { readOptions } from "../../bench/options.ts";
import {
  coresFault,
  isInstalled,
  missingPrograms,
  openFilesFault,
  takePriority,
} from "../../bench/requirements.ts";

const read = (...args: readonly string[]) => readOptions(args, ["direct", "nginx", "bare"]);

describe("what the bench needs", () => {
  it("is said in a sentence with the remedy for each program that is missing", () => {
    expect(missingPrograms(read(), () => false)).toEqual([
      "taskset is missing. On Debian: apt-get install util-linux",
      "wrk is missing. On Debian: apt-get install wrk",
      "nginx is missing. On Debian: apt-get install nginx",
    ]);
    expect(missingPrograms(read(), () => true)).toEqual([]);
  });

  it("is only what the chosen phases and subjects need", () => {
    const needs = (...args: readonly string[]) =>
      missingPrograms(read(...args), () => false).map((sentence) => sentence.split(" ")[0]);
    expect(needs("--phases", "concurrent", "--only", "bare")).toEqual(["taskset"]);
    expect(needs("--phases", "concurrent", "--only", "nginx")).toEqual(["taskset", "nginx"]);
    expect(needs("--phases", "streams", "--only", "bare")).toEqual(["taskset", "wrk"]);
    expect(needs("--phases", "latency", "--only", "bare")).toEqual(["taskset", "wrk", "nginx"]);
  });

  it("is looked for in the path", () => {
    expect(isInstalled("node")).toBe(true);
    expect(isInstalled("no-such-program")).toBe(false);
  });
});

describe("the limit on open files", () => {
  it("has to hold two sockets for every stream of the largest scenario", () => {
    expect(openFilesFault(read(), 10_500)).toBeNull();
    expect(openFilesFault(read(), 10_499)).toBe(
      "5,000 streams take 10500 open files in one process, and 10499 are allowed. First: ulimit -n 10500",
    );
    expect(openFilesFault(read(), Number.POSITIVE_INFINITY)).toBeNull();
  });

  it("does not matter where no streams are held", () => {
    expect(openFilesFault(read("--phases", "throughput"), 1024)).toBeNull();
    expect(openFilesFault(read("--concurrent", "100x50"), 1024)).toBeNull();
  });
});

describe("the cores", () => {
  it("have to be two", () => {
    expect(coresFault({ subject: 0, load: 1 })).toBeNull();
    expect(coresFault(null)).toContain("takes two cores");
  });
});

describe("priority", () => {
  it("that cannot be had is a sentence, not a figure that is silently worse", () => {
    expect(() => takePriority("/proc/self/no-such-file")).toThrow("--priority takes root");
  });
});
