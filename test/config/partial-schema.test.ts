import { describe, expect, it } from "vitest";
import { configOf, faultLines } from "./loading.ts";

describe("what of an answer there is before it is whole", () => {
  it("is asked for, and not given to retries, where nothing is said", async () => {
    expect((await configOf("")).turns).toMatchObject({ upstreamStreaming: "auto", onPartial: "attach" });
  });

  it.each(["replay-partial", "continue"] as const)("is given as %s says", async (onPartial) => {
    expect((await configOf(`turns: { onPartial: ${onPartial} }`)).turns.onPartial).toBe(onPartial);
  });

  it("is given in no other way", async () => {
    const [fault] = await faultLines("turns: { onPartial: whole }");
    expect(fault).toContain("one of attach, replay-partial, continue");
  });
});
