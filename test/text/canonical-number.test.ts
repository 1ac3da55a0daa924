import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalNumber } from "../../src/text/canonical-number.ts";

describe("canonicalNumber", () => {
  it.each([
    ["0", "0"],
    ["-0", "0"],
    ["-0.0e7", "0"],
    ["0e99999999999999999999", "0"],
    ["1.0", "1"],
    ["4.50", "4.5"],
    ["2e-3", "0.002"],
    ["1E30", "1e+30"],
    ["0.000000000000000000000000001", "1e-27"],
    ["1e21", "1e+21"],
    ["1e20", "100000000000000000000"],
    ["0.000001", "0.000001"],
    ["0.0000001", "1e-7"],
    ["5e-324", "5e-324"],
    ["1.7976931348623157e308", "1.7976931348623157e+308"],
    ["9007199254740992", "9007199254740992"],
    ["-123456789012345", "-123456789012345"],
  ])("prints %s as ECMAScript does: %s", (raw, printed) => {
    expect(canonicalNumber(raw)).toBe(printed);
  });

  it.each([
    ["9007199254740993", "#9007199254740993e0"],
    ["1234567890123456789", "#1234567890123456789e0"],
    ["-12345678901234567890", "#-1234567890123456789e1"],
    ["333333333.33333329", "#33333333333333329e-8"],
    ["0.1000000000000000055511151231257827", "#1000000000000000055511151231257827e-34"],
  ])("keeps every digit of %s, which a double cannot hold", (raw, kept) => {
    expect(canonicalNumber(raw)).toBe(kept);
  });

  it.each(["1e400", "-1e400", "1e-400", `1e${"9".repeat(100_000)}`, `1e-${"9".repeat(100_000)}`])(
    "has no form for what lies outside a double's range: %.12s",
    (raw) => {
      expect(canonicalNumber(raw)).toBeNull();
    },
  );

  it("gives one text to every spelling of a double, and that text reads back as it", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const canonical = canonicalNumber(String(value === 0 ? 0 : value));
        expect(canonical).toBe(String(value === 0 ? 0 : value));
        expect(canonicalNumber((value === 0 ? 0 : value).toExponential())).toBe(canonical);
      }),
    );
  });

  it("never gives two integers one text, however large", () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt({ min: -3n, max: 3n }), (value, step) => {
        const same = canonicalNumber(String(value)) === canonicalNumber(String(value + step));
        expect(same).toBe(step === 0n);
      }),
    );
  });
});
