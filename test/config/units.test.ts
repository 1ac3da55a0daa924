import { describe, expect, it } from "vitest";
import { writeBytes, writeMs } from "../../src/config/units.ts";

describe("amounts for people", () => {
  it.each([
    [0, "0 bytes"],
    [1023, "1023 bytes"],
    [1536, "1.5 KiB"],
    [67_108_864, "64 MiB"],
    [4 * 1024 ** 3, "4 GiB"],
    [1024 ** 5, "1024 TiB"],
  ])("%i bytes", (bytes, text) => expect(writeBytes(bytes)).toBe(text));

  it.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [1500, "1.5 s"],
    [600_000, "10 min"],
    [5_400_000, "1.5 h"],
    [172_800_000, "2 d"],
  ])("%i ms", (ms, text) => expect(writeMs(ms)).toBe(text));
});
