import { describe, expect, it } from "vitest";
import { hintFor } from "../../src/config/hints.ts";

describe("a hint", () => {
  it.each([
    ["limits.requestBytesMax", "8 MiB", "Write 8388608: the unit is bytes."],
    ["limits.requestBytesMax", "64k", "Write 65536: the unit is bytes."],
    ["limits.requestBytesMax", "1.5GB", "Write 1610612736: the unit is bytes."],
    ["hold.heldSecondsMax", "5m", "Write 300: the unit is seconds."],
    ["timeouts.connectMs", "10s", "Write 10000: the unit is milliseconds."],
    ["ledger.retentionDays", "48h", "Write 2: the unit is days."],
    ["run.replayHours", "2d", "Write 48: the unit is hours."],
    ["limits.requestBytesMax", "67108864", "Write 67108864 without quotes."],
    ["limits.requestBytesMax", "many", undefined],
    ["timeouts.connectMs", "10 parsecs", undefined],
  ])("does the sum for %s: %s", (path, value, hint) => {
    expect(hintFor(path.split("."), value, { type: "integer" })).toBe(hint);
  });

  it.each([
    ["yes", "Write true; YAML 1.2 reads everything else as text."],
    ["off", "Write false; YAML 1.2 reads everything else as text."],
    ["perhaps", undefined],
  ])("knows the booleans of YAML 1.1: %s", (value, hint) => {
    expect(hintFor(["listen", "trustedNetwork"], value, { type: "boolean" })).toBe(hint);
  });
});
