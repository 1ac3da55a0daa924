import { describe, expect, it } from "vitest";
import { type Alignment, misaligned } from "../../../src/proxy/deadlines/misaligned.ts";
import type { Patience } from "../../../src/proxy/deadlines/patience.ts";

const patience = (more: Partial<Patience> = {}): Patience => ({
  totalMs: Infinity,
  timeoutMs: Infinity,
  silenceMs: Infinity,
  ...more,
});
const usual: Alignment = {
  shape: "stream",
  firstTokenMs: 600_000,
  keepAliveMs: 15_000,
  keepsAnswers: false,
};
const told = (said: Partial<Patience>, more: Partial<Alignment> = {}): readonly string[] =>
  misaligned(patience(said), { ...usual, ...more });

describe("limits of a client and of the gateway that do not fit", () => {
  it("are none where the client says nothing, or what the SDKs say by default", () => {
    expect(told({})).toEqual([]);
    expect(told({}, { shape: "whole" })).toEqual([]);
    expect(told({ timeoutMs: 600_000, silenceMs: 600_000 })).toEqual([]);
  });

  it("are a client that gives up before the model may have said a word", () => {
    const [sentence, ...more] = told({ timeoutMs: 60_000 });
    expect(more).toEqual([]);
    expect(sentence).toContain("It waits 60 s for a stream to begin");
    expect(sentence).toContain("600 s (timeouts.firstTokenMs)");
    expect(sentence).toContain("turns: { mode: enforce }");
    expect(told({ timeoutMs: 60_000 }, { keepsAnswers: true })).toEqual([]);
  });

  it("are a client that would wait longer for one document than its HTTP client does", () => {
    expect(told({ timeoutMs: 600_000 }, { shape: "whole" })[0]).toContain("would wait 600 s");
    expect(told({ timeoutMs: 300_000 }, { shape: "whole" })).toEqual([]);
  });

  it("are a client that bears less silence than lies between two comments", () => {
    const [sentence] = told({ silenceMs: 10_000 }, { keepsAnswers: true });
    expect(sentence).toContain("after 10 s without a byte");
    expect(sentence).toContain("hold.keepAliveSeconds");
  });
});
