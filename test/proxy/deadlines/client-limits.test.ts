import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientLimits, isUnlimited } from "../../../src/proxy/deadlines/client-limits.ts";
import type { Patience } from "../../../src/proxy/deadlines/patience.ts";
import { engineSettings } from "../support/engine-settings.ts";

const settings = engineSettings().deadlines;
const patience = (more: Partial<Patience> = {}): Patience => ({
  totalMs: Infinity,
  timeoutMs: Infinity,
  silenceMs: Infinity,
  ...more,
});

describe("by when a client must hear something", () => {
  it("has no limit for a stream where nobody says one", () => {
    const limits = clientLimits(patience(), "stream", settings);
    expect(isUnlimited(limits)).toBe(true);
    expect(isUnlimited({ ...limits, silenceMs: 5 })).toBe(false);
  });

  it("is before 300 s for one document, whatever its SDK says", () => {
    expect(clientLimits(patience(), "whole", settings).totalMs).toBe(290_000);
    expect(clientLimits(patience({ timeoutMs: 600_000 }), "whole", settings).totalMs).toBe(290_000);
    expect(clientLimits(patience({ timeoutMs: 100_000 }), "whole", settings).totalMs).toBe(90_000);
    const free = { ...settings, wholeMs: Infinity };
    expect(clientLimits(patience({ timeoutMs: 600_000 }), "whole", free).totalMs).toBe(590_000);
  });

  it("is the smallest of all that the client says, for one document", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 250_000 }), { minLength: 3, maxLength: 3 }),
        ([totalMs = 1, timeoutMs = 1, silenceMs = 1]) => {
          const all = clientLimits({ totalMs, timeoutMs, silenceMs }, "whole", settings);
          const least = Math.min(totalMs, timeoutMs, silenceMs);
          expect(all).toEqual(clientLimits(patience({ totalMs: least }), "whole", settings));
          expect(all).toMatchObject({ headersMs: Infinity, silenceMs: Infinity });
        },
      ),
    );
  });

  it("does not end a stream for the time that a client waits for its headers", () => {
    const limits = clientLimits(patience({ timeoutMs: 600_000 }), "stream", settings);
    expect(limits).toEqual({ totalMs: Infinity, headersMs: 590_000, silenceMs: Infinity });
  });

  it("counts a client's silence from the request on, and from each piece on", () => {
    const limits = clientLimits(patience({ silenceMs: 20_000, timeoutMs: 60_000 }), "stream", settings);
    expect(limits).toEqual({ totalMs: Infinity, headersMs: 18_000, silenceMs: 18_000 });
  });

  it("ends a stream at the time that the client or the configuration says", () => {
    const configured = { ...settings, totalMs: 60_000 };
    expect(clientLimits(patience({ totalMs: 20_000 }), "stream", settings).totalMs).toBe(18_000);
    expect(clientLimits(patience(), "stream", configured).totalMs).toBe(54_000);
    expect(clientLimits(patience({ totalMs: 80_000 }), "stream", configured).totalMs).toBe(72_000);
    expect(clientLimits(patience(), "whole", configured).totalMs).toBe(54_000);
    expect(clientLimits(patience({ timeoutMs: 80_000 }), "whole", configured).totalMs).toBe(72_000);
  });

  it("is before 300 s for the headers of what nobody looked at", () => {
    expect(clientLimits(patience(), "unknown", settings)).toEqual({
      totalMs: Infinity,
      headersMs: 290_000,
      silenceMs: Infinity,
    });
  });
});
