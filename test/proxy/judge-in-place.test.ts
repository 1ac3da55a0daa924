import { describe, expect, it } from "vitest";
import { pass, type Verdict } from "../../src/exchange/verdict.ts";
import type { Watches } from "../../src/guards/guard.ts";
import { openaiChat } from "../../src/protocols/openai-chat/index.ts";
import type { Engine } from "../../src/proxy/engine.ts";
import { judgeOffers, judgeResults, type InPlace } from "../../src/proxy/judge-in-place.ts";
import { KeptVerdicts } from "../../src/proxy/kept-verdicts.ts";
import { PassCounts } from "../../src/proxy/pass-counts.ts";
import { groupPosts } from "../../src/proxy/posts.ts";
import { VerdictRecord, WrittenVerdicts } from "../../src/proxy/verdict-record.ts";
import { plainExchange } from "./support/plain-exchange.ts";
import { recordedLog } from "./support/recorded-log.ts";

const tools = ["look", "pay"].map((name) => ({ type: "function", function: { name, parameters: {} } }));
const call = { id: "c1", type: "function", function: { name: "look", arguments: "{}" } };
const messages = [
  { role: "user", content: "Hi" },
  { role: "assistant", content: null, tool_calls: [call] },
  { role: "tool", tool_call_id: "c1", content: "loud" },
];
const promptOf = (more: object = {}) =>
  openaiChat.readPrompt(JSON.stringify({ model: "m", messages, tools, ...more }), "/v1/chat/completions");

function place(watches: Watches): InPlace & { readonly noted: () => readonly unknown[] } {
  const posts = groupPosts([
    {
      guard: "g",
      version: 1,
      mode: "enforce",
      onError: "block",
      planes: ["llm"],
      optionsJson: "{}",
      rewrites: true,
      watcher: { watches, dependsOn: "part" },
    },
  ]);
  const written: unknown[] = [];
  const conversations = {
    append: (_who: unknown, _id: unknown, _facts: unknown, told: readonly { value: unknown }[]) => {
      written.push(...told.map(({ value }) => value));
      return Promise.resolve(true);
    },
  };
  const engine = {
    log: recordedLog().log,
    passes: new PassCounts(() => 0),
    keptVerdicts: new KeptVerdicts(),
    writtenVerdicts: new WrittenVerdicts(),
    conversations,
  } as unknown as Engine;
  const at = plainExchange();
  const notes = { interventions: [], facts: [], record: new VerdictRecord(engine, at, () => {}) };
  return { engine, posts, at, notes, noted: () => written };
}

describe("offers", () => {
  it("leave, or are rewritten, and what was decided is noted", async () => {
    const judging = place({
      offer: ({ offer }): Verdict<object> =>
        offer.name === "pay"
          ? { kind: "block", reason: "no", toModel: "no", facts: [{ kind: "f", value: 1 }] }
          : { kind: "rewrite", to: { description: "d" }, reason: "said better" },
    });
    const { edits, left } = await judgeOffers(judging, promptOf());
    expect(edits).toMatchObject([
      { kind: "rewrite-offer", offer: 0, description: "d" },
      { kind: "remove-offer", offer: 1 },
    ]);
    expect(left.map(({ name }) => name)).toEqual(["look"]);
    expect(judging.notes.facts).toEqual([{ kind: "f", value: 1 }]);
    await judging.notes.record.flush("c");
    expect(judging.noted()).toMatchObject([
      { moment: "offer", verdict: "rewrite", tool: "look" },
      { moment: "offer", verdict: "block", tool: "pay" },
    ]);
  });

  it("that a request forces, and that are not left, end it; what led to it is still to be written", async () => {
    const judging = place({ offer: () => ({ kind: "block", reason: "no", toModel: "no" }) });
    const forced = promptOf({ tool_choice: "required" });
    await expect(judgeOffers(judging, forced)).rejects.toMatchObject({ code: "tool_choice_refused" });
    expect(judging.notes.record.hasPending).toBe(true);
  });
});

describe("results", () => {
  const quiet = place({ result: () => ({ kind: "rewrite", to: { texts: ["quiet"] }, reason: "too loud" }) });

  it("are rewritten in place, and a verdict that was kept is the same one in the ledger", async () => {
    const prompt = promptOf();
    for (let turn = 0; turn < 2; turn++) {
      const { edits } = await judgeResults(quiet, prompt, 0, new Set());
      expect(edits).toMatchObject([{ kind: "result-texts", texts: ["quiet"] }]);
      await quiet.notes.record.flush("c");
    }
    expect(quiet.noted()).toMatchObject([
      { moment: "result", verdict: "rewrite", call: "c1", message: prompt.messages[2]?.hash },
    ]);
  });

  it("that are the gateway's own words, or stand before what may be rewritten, are not judged", async () => {
    const strict = place({
      result: () => {
        throw new Error("judged");
      },
    });
    expect(await judgeResults(strict, promptOf(), 0, new Set([2]))).toEqual({ edits: [], texts: new Map() });
    expect((await judgeResults(strict, promptOf(), 3, new Set())).edits).toEqual([]);
    expect(strict.notes.record.hasPending).toBe(false);
  });

  it("to which nobody objects stay", async () => {
    expect((await judgeResults(place({ result: () => pass }), promptOf(), 0, new Set())).edits).toEqual([]);
  });
});
