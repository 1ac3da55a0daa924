import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  fitsLimits,
  fittingKey,
  shortestKeyLength,
} from "../../../../src/proxy/effects/injection/fitting-key.ts";
import { sha256Hex, v4Shaped } from "../../../../src/text/hash.ts";

const hex = sha256Hex("operation 1");

describe("a derived key", () => {
  it("is a UUID of version 4 where that fits", () => {
    for (const limits of [{}, { lengthMax: 36 }, { lengthMax: 255 }, { form: "uuid" }] as const) {
      expect(fittingKey(hex, limits)).toBe(v4Shaped(hex));
    }
  });

  it("is the digits of the UUID where dashes do not fit", () => {
    for (const limits of [{ lengthMax: 32 }, { form: "alphanumeric" }, { lengthMax: 35 }] as const) {
      expect(fittingKey(hex, limits)).toBe(v4Shaped(hex).replaceAll("-", ""));
    }
  });

  it("fits into every limit that a row may state, is the same again, and another for another hash", () => {
    const limits = fc.record(
      {
        lengthMax: fc.integer({ min: shortestKeyLength, max: 300 }),
        form: fc.constantFrom("alphanumeric" as const, undefined),
      },
      { requiredKeys: ["lengthMax"] },
    );
    fc.assert(
      fc.property(fc.string(), fc.string(), limits, (one, other, { lengthMax, form }) => {
        const within = form === undefined ? { lengthMax } : { lengthMax, form };
        const key = fittingKey(sha256Hex(one), within);
        expect(fitsLimits(key, within)).toBe(true);
        expect(fittingKey(sha256Hex(one), within)).toBe(key);
        expect(fittingKey(sha256Hex(other), within) === key).toBe(one === other);
      }),
    );
  });

  it("keeps 128 bits in its shortest form", () => {
    const key = fittingKey("f".repeat(64), { lengthMax: shortestKeyLength });
    expect(key).toHaveLength(22);
    expect(fittingKey(`${"f".repeat(31)}e${"f".repeat(32)}`, { lengthMax: 22 })).not.toBe(key);
    expect(() => fittingKey(hex, { lengthMax: 21 })).toThrow(RangeError);
  });
});

describe("a client's key", () => {
  it.each([
    ["k".repeat(45), { lengthMax: 45 }, true],
    ["k".repeat(46), { lengthMax: 45 }, false],
    ["order-7", { form: "uuid" }, false],
    ["8e03978e-40d5-43e8-bc93-6894a57f9324", { form: "uuid" }, true],
    ["a-b", { form: "alphanumeric" }, false],
    ["k".repeat(256), {}, false],
  ] as const)("%s fits into %j: %s", (key, limits, fits) => {
    expect(fitsLimits(key, limits)).toBe(fits);
  });
});
