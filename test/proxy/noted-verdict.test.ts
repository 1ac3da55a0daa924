import { expect, it } from "vitest";
import { noted, overtaken } from "../../src/proxy/noted-verdict.ts";

const what = { guard: "g", mode: "enforce", verdict: "block", done: "carried-out", reason: "no" } as const;

it("names what a verdict is about by moment, and holds nothing of it", () => {
  const offer = { index: 0, name: "pay", description: "SECRET" };
  const offered = { offer, toolChoice: { kind: "auto" } } as never;
  expect(noted({ ...what, moment: "offer" }, "offer", offered)).toEqual({
    ...what,
    moment: "offer",
    tool: "pay",
  });
  const result = {
    plane: "llm",
    callId: "c1",
    toolName: undefined,
    isError: false,
    texts: ["SECRET"],
    original: ["SECRET"],
  } as const;
  expect(noted({ ...what, moment: "result" }, "result", result)).toEqual({
    ...what,
    moment: "result",
    call: "c1",
  });
  const reply = { text: "SECRET", calls: [], finish: null };
  expect(noted({ ...what, moment: "reply" }, "reply", reply)).toEqual({ ...what, moment: "reply" });
});

it("cuts what a client or a guard made long", () => {
  const call = {
    id: "i".repeat(5000),
    name: "n".repeat(5000),
    kind: "function",
    argumentsText: "{}",
  } as const;
  const subject = { plane: "llm", call, original: call, truncated: false, offers: [] } as const;
  const one = noted({ ...what, reason: "r".repeat(5000), moment: "call" }, "call", subject);
  expect([one.reason.length, one.tool?.length, one.call?.length]).toEqual([1000, 200, 200]);
});

it("overtakes rewrites that were carried out, and nothing else", () => {
  const verdicts = [
    { ...what, moment: "call", verdict: "rewrite" },
    { ...what, moment: "call", verdict: "rewrite", done: "only-reported" },
    { ...what, moment: "call" },
  ] as const;
  expect(overtaken(verdicts).map(({ done }) => done)).toEqual(["overtaken", "only-reported", "carried-out"]);
});
