import { describe, expect, it } from "vitest";
import { faultLines } from "./loading.ts";

describe("posts", () => {
  it("are checked by their guards, with the defaults filled in", async () => {
    expect(await faultLines("posts:\n  - guard: budget\n    lowWater: 0.95\n")).toEqual([
      "2:5 posts[0] | lowWater (0.95) must be below highWater (0.9) | ",
    ]);
  });

  it("may not stand where they would never act", async () => {
    expect(await faultLines("posts: [{ guard: budget, planes: [tool, mcp] }]")).toEqual([
      '1:34 posts[0].planes | one of llm: budget watches prompt only | ["tool","mcp"]',
    ]);
    expect(await faultLines("posts: [{ guard: tool-schema, planes: [mcp] }]")).toEqual([]);
  });
});
