import { describe, expect, it } from "vitest";
import { readPatience } from "../../../src/proxy/deadlines/patience.ts";

const noon = Date.parse("2026-11-30T12:00:00Z");
const said = (headers: Record<string, string>) => readPatience(headers, noon);

describe("what a client says of how long it waits", () => {
  it("is nothing where it sends no header", () => {
    expect(said({})).toEqual({ totalMs: Infinity, timeoutMs: Infinity, silenceMs: Infinity });
  });

  it.each([
    ["30", 30_000],
    ["2.5", 2_500],
    [" 0.25 ", 250],
    ["2026-11-30T12:00:30Z", 30_000],
    ["2026-11-30t13:00:00.500+01:00", 500],
    ["2028-02-29T00:00:00Z", Date.parse("2028-02-29T00:00:00Z") - noon],
    ["2026-11-30T11:59:59Z", -1_000],
  ])("is in Longstop-Deadline, as seconds from now or as an instant: %s", (value, totalMs) => {
    expect(said({ "longstop-deadline": value }).totalMs).toBe(totalMs);
  });

  it.each([
    "0",
    "-5",
    "",
    "soon",
    "30s",
    "1e3",
    "Infinity",
    "30, 40",
    "2026-11-30",
    "2026-11-30T12:00:00",
    "2026-02-30T12:00:00Z",
    "2026-13-01T12:00:00Z",
    "2026-11-30T25:00:00Z",
  ])("is refused where Longstop-Deadline is unclear: %j", (value) => {
    expect(() => said({ "longstop-deadline": value })).toThrow(
      expect.objectContaining({ code: "request_malformed", status: 400 }),
    );
  });

  it("is what its SDK writes by itself", () => {
    const headers = { "x-stainless-timeout": "600", "x-stainless-read-timeout": "12.5" };
    expect(said(headers)).toEqual({ totalMs: Infinity, timeoutMs: 600_000, silenceMs: 12_500 });
  });

  it.each(["0", "None", "NaN", "", "-1", "inf"])("is nothing where the SDK says %j", (value) => {
    const headers = { "x-stainless-timeout": value, "x-stainless-read-timeout": value };
    expect(said(headers)).toEqual({ totalMs: Infinity, timeoutMs: Infinity, silenceMs: Infinity });
  });
});
