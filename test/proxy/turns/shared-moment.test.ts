import { describe, expect, it } from "vitest";
import { momentMeant, sharedMoment, stepFor } from "../../../src/proxy/turns/shared-moment.ts";

describe("the moment that all wait for", () => {
  it("is the same for whoever begins to wait in one step, and never too soon", () => {
    expect([201, 250.5, 299.9, 300].map((ms) => sharedMoment(ms, 100))).toEqual([300, 300, 300, 300]);
    expect(sharedMoment(300.1, 100)).toBe(400);
  });

  it("comes ten times a second at most, and more seldom where each waits long", () => {
    expect([20, 100, 1000, 2000, 5000].map(stepFor)).toEqual([20, 100, 100, 100, 250]);
  });

  it("is known again by a timer that is a little late, or early", () => {
    expect([296, 300, 304].map((ms) => momentMeant(ms, 100))).toEqual([300, 300, 300]);
  });
});
