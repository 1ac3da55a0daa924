import { describe, expect, it } from "vitest";
import { outcomeOf } from "../../../src/proxy/effects/outcome.ts";

const unkeyed = { keyed: false, notExecuted: [] };
const keyed = { keyed: true, notExecuted: [] };

describe("what a status says about a call", () => {
  it.each([
    ["done", [200, 201, 202, 204, 206, 299, 300, 301, 302, 303, 304, 307, 308, 399, 410]],
    [
      "declined",
      [
        400, 401, 402, 403, 404, 405, 406, 407, 411, 412, 413, 415, 418, 422, 423, 424, 425, 426, 428, 429,
        431, 451, 499,
      ],
    ],
    ["in-doubt", [408, 500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 524, 529, 599, 600, 999]],
  ] as const)("is %s", (outcome, statuses) => {
    for (const status of statuses) {
      expect([status, outcomeOf(status, unkeyed)]).toEqual([status, outcome]);
      expect([status, outcomeOf(status, keyed)]).toEqual([status, outcome]);
    }
  });

  it("is a refusal for 409, unless a keyed service may still be executing the first dispatch", () => {
    expect(outcomeOf(409, unkeyed)).toBe("declined");
    expect(outcomeOf(409, keyed)).toBe("in-doubt");
  });

  it("is unknown for what is no final answer", () => {
    for (const status of [0, 100, 101, 103, 199]) expect(outcomeOf(status, keyed)).toBe("in-doubt");
  });

  it("is a refusal where the service promises that the call was not executed, and only there", () => {
    const promised = { keyed: true, notExecuted: [408, 409, 503] };
    for (const status of promised.notExecuted) expect(outcomeOf(status, promised)).toBe("declined");
    for (const status of [500, 502, 504]) expect(outcomeOf(status, promised)).toBe("in-doubt");
  });
});
