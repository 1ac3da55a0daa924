import { describe, expect, it } from "vitest";
import { LongstopError } from "../../src/exchange/error.ts";
import { ifReadable } from "../../src/protocols/if-readable.ts";
import { rootSpan } from "../../src/wire/json-text.ts";
import { framesIn } from "../../src/wire/sse.ts";

describe("what is found where an answer can be read", () => {
  it("is what was found", () => {
    expect(ifReadable(() => 1)).toBe(1);
    expect(ifReadable(() => null)).toBeNull();
  });

  it("is null where it is no JSON, no stream of events, or no answer", () => {
    expect(ifReadable(() => rootSpan("{"))).toBeNull();
    expect(ifReadable(() => framesIn("data: 1\n\ufeffdata: 2\n\n").map(({ data }) => data))).toBeNull();
    expect(
      ifReadable(() => {
        throw new LongstopError("upstream_unreadable", "No answer.");
      }),
    ).toBeNull();
  });

  it("is no answer to any other error", () => {
    for (const error of [new TypeError("a mistake"), new LongstopError("request_malformed", "No request.")]) {
      expect(() =>
        ifReadable(() => {
          throw error;
        }),
      ).toThrow(error);
    }
  });
});
