import { describe, expect, it } from "vitest";
import { configOf, faultLines } from "./loading.ts";

describe("what of an answer there is before it is whole", () => {
  it("is asked for, and not given to retries, where nothing is said", async () => {
    expect((await configOf("")).turns).toMatchObject({ upstreamStreaming: "auto", onPartial: "attach" });
  });

  it("is given as it is or not at all: a model is not made to go on behind it", async () => {
    expect((await configOf("turns: { onPartial: replay-partial }")).turns.onPartial).toBe("replay-partial");
    const [fault] = await faultLines("turns: { onPartial: continue }");
    expect(fault).toContain("one of attach, replay-partial");
  });
});
