import { describe, expect, it } from "vitest";
import type { ReplySubject } from "../../src/exchange/moments.ts";
import type { Call, Turn, TurnCall } from "../../src/exchange/turn.ts";
import { pass, type Verdict } from "../../src/exchange/verdict.ts";
import type { Watches } from "../../src/guards/guard.ts";
import {
  cutText,
  decideTurn,
  refusal,
  type AskAgain,
  type TurnDecision,
} from "../../src/proxy/decide-turn.ts";
import type { Engine } from "../../src/proxy/engine.ts";
import { PassCounts } from "../../src/proxy/pass-counts.ts";
import { groupPosts, type PostEntry } from "../../src/proxy/posts.ts";
import { plainExchange } from "./support/plain-exchange.ts";
import { recordedLog } from "./support/recorded-log.ts";

function callOf(name: string, more: Partial<TurnCall> = {}): TurnCall {
  return {
    id: `id-${name}`,
    name,
    kind: "function",
    argumentsText: "{}",
    choice: 0,
    position: 0,
    truncated: false,
    ...more,
  };
}

function turnOf(calls: readonly TurnCall[], more: Partial<Turn> = {}): Turn {
  return {
    id: "turn",
    text: "",
    calls,
    providerCalls: [],
    finish: "calls",
    usage: undefined,
    choices: 1,
    complete: true,
    ...more,
  };
}

/** Verdicts on calls by their name: what is not said passes. */
const verdicts: Readonly<Record<string, Verdict<{ argumentsText: string }>>> = {
  bad: { kind: "block", reason: "bad", toModel: "Bad call." },
  worse: { kind: "block", reason: "worse", toModel: "Worse call.", policy: true },
  untidy: { kind: "rewrite", to: { argumentsText: '{"tidy":1}' }, reason: "tidied" },
  same: { kind: "rewrite", to: { argumentsText: "{}" }, reason: "nothing to do" },
  remember: { kind: "answer", result: "remembered", reason: "ours" },
  recall: { kind: "answer", result: "recalled", reason: "ours" },
};

function postOn(watches: Watches, more: Partial<PostEntry> = {}): PostEntry {
  return {
    guard: "test",
    version: 1,
    mode: "enforce",
    onError: "block",
    planes: ["llm"],
    optionsJson: "{}",
    rewrites: true,
    watcher: { watches },
    ...more,
  };
}

const byName = postOn({ call: ({ call }) => verdicts[call.name] ?? pass });

async function decide(turn: Turn, ...entries: readonly PostEntry[]): Promise<TurnDecision> {
  const posts = groupPosts(entries.length === 0 ? [byName] : entries);
  const engine = { posts, log: recordedLog().log, passes: new PassCounts(() => 0) };
  return decideTurn(
    engine as unknown as Engine,
    turn,
    { offers: [], offersElsewhere: false },
    plainExchange(),
  );
}

const fault = async (...names: string[]): Promise<string> =>
  ((await decide(turnOf(names.map((name) => callOf(name))))) as AskAgain).fault;

describe("a turn", () => {
  it("is released as it is where nobody objects", async () => {
    expect(await decide(turnOf([callOf("good"), callOf("same")]))).toMatchObject({
      kind: "release",
      changes: [],
      answered: [],
    });
    expect(await decide(turnOf([]))).toEqual({
      facts: [],
      verdicts: [],
      kind: "release",
      changes: [],
      answered: [],
      interventions: [],
    });
  });

  it("is released with rewritten arguments", async () => {
    const untidy = callOf("untidy");
    expect(await decide(turnOf([callOf("good"), untidy]))).toMatchObject({
      kind: "release",
      changes: [{ call: untidy, kind: "rewrite", argumentsText: '{"tidy":1}' }],
    });
  });

  it("is released without the calls that the gateway answers itself, beside good ones", async () => {
    const remember = callOf("remember");
    expect(await decide(turnOf([remember, callOf("good")]))).toMatchObject({
      kind: "release",
      changes: [{ call: remember, kind: "drop" }],
      answered: [{ call: remember, text: "remembered", isError: false }],
    });
  });

  it("of nothing but answered calls is asked on", async () => {
    const [one, two] = [callOf("remember"), callOf("recall")];
    expect(await decide(turnOf([one, two]))).toMatchObject({
      kind: "ask-on",
      outcomes: [
        { call: one, text: "remembered", isError: false },
        { call: two, text: "recalled", isError: false },
      ],
    });
  });

  it("with one blocked call is not released at all: every call is told its own, in order", async () => {
    const decision = await decide(turnOf([callOf("good"), callOf("bad"), callOf("remember")]));
    expect(decision).toMatchObject({
      kind: "ask-again",
      policy: false,
      toModel: null,
      sentence: "Bad call.",
    });
    const { outcomes } = decision as AskAgain;
    expect(outcomes.map(({ call, isError }) => [call.name, isError])).toEqual([
      ["good", true],
      ["bad", true],
      ["remember", false],
    ]);
    expect(outcomes[0]?.text).toMatch(/another call of this turn was refused\. Issue it again/);
    expect(outcomes.slice(1).map(({ text }) => text)).toEqual(["Bad call.", "remembered"]);
  });

  it("is one of policy where one of its blocks is", async () => {
    expect(await decide(turnOf([callOf("bad"), callOf("worse")]))).toMatchObject({ policy: true });
  });

  it("has the same fault whatever the order of its calls, and another one for other words", async () => {
    expect(await fault("bad", "worse")).toBe(await fault("worse", "good", "bad"));
    expect(await fault("bad")).not.toBe(await fault("worse"));
  });

  it("shows each guard the call as the one before left it, beside the original", async () => {
    const seen: [Call, Call][] = [];
    const look = postOn({
      call: ({ call, original }) => {
        seen.push([call, original]);
        return pass;
      },
    });
    await decide(turnOf([callOf("untidy")]), byName, look);
    expect(seen.map(([call, original]) => [call.argumentsText, original.argumentsText])).toEqual([
      ['{"tidy":1}', "{}"],
    ]);
  });

  it("is judged on its own plane only", async () => {
    expect(await decide(turnOf([callOf("bad")]), { ...byName, planes: ["tool", "mcp"] })).toMatchObject({
      kind: "release",
    });
  });

  it("is released whole where blocks are only reported", async () => {
    const { verdicts: noted, ...rest } = await decide(turnOf([callOf("bad"), callOf("untidy")]), {
      ...byName,
      mode: "report",
    });
    expect(noted).toMatchObject([
      { verdict: "block", done: "only-reported", mode: "report", tool: "bad", call: "id-bad" },
      { verdict: "rewrite", done: "only-reported", tool: "untidy" },
    ]);
    expect(rest).toEqual({
      facts: [],
      kind: "release",
      changes: [],
      answered: [],
      interventions: [],
    });
  });
});

describe("what a turn leaves in the ledger", () => {
  const doneOf = async (turn: Turn, ...entries: readonly PostEntry[]): Promise<readonly unknown[]> =>
    (await decide(turn, ...entries)).verdicts.map(({ guard, tool, verdict, done }) => [
      guard,
      tool,
      verdict,
      done,
    ]);

  it("says that a rewrite was overtaken where the turn was not released", async () => {
    const turn = turnOf([callOf("untidy"), callOf("remember"), callOf("bad")]);
    expect(await doneOf(turn)).toEqual([
      ["test", "untidy", "rewrite", "overtaken"],
      ["test", "remember", "answer", "carried-out"],
      ["test", "bad", "block", "carried-out"],
    ]);
    const refused = postOn({ reply: () => ({ kind: "block", reason: "r", toModel: "No." }) });
    expect(await doneOf(turnOf([callOf("untidy")]), byName, refused)).toEqual([
      ["test", "untidy", "rewrite", "overtaken"],
      ["test", undefined, "block", "carried-out"],
    ]);
    expect(await doneOf(turnOf([callOf("untidy")]))).toEqual([["test", "untidy", "rewrite", "carried-out"]]);
  });

  it("says of a call that was cut that it left for that reason", async () => {
    expect(await doneOf(turnOf([callOf("bad", { truncated: true })]))).toEqual([
      ["test", "bad", "block", "overtaken"],
      ["engine", "bad", "block", "carried-out"],
    ]);
  });
});

describe("a call that the token limit cut", () => {
  const cut = callOf("bad", { truncated: true });

  it("is dropped and never corrected, and the others leave", async () => {
    const decision = await decide(turnOf([callOf("untidy"), cut], { finish: "length" }));
    expect(decision).toMatchObject({
      kind: "release",
      changes: [{ kind: "rewrite" }, { call: cut, kind: "drop" }],
      answered: [],
    });
    expect(decision.interventions).toContainEqual(
      expect.objectContaining({ reason: "cut by the token limit" }),
    );
  });

  it("is not taken for answered", async () => {
    const remember = callOf("remember", { truncated: true });
    expect(await decide(turnOf([remember], { finish: "length" }))).toMatchObject({
      kind: "release",
      changes: [{ kind: "drop" }],
      answered: [],
    });
  });

  it("is told so where another call has the turn asked again", async () => {
    const { outcomes } = (await decide(turnOf([callOf("worse"), cut], { finish: "length" }))) as AskAgain;
    expect(outcomes.map(({ text }) => text)).toEqual(["Worse call.", cutText]);
  });
});

describe("a reply", () => {
  const refuses = postOn({ reply: () => ({ kind: "block", reason: "off", toModel: "Stay on the task." }) });

  it("is judged with its text and calls once no call is blocked", async () => {
    const seen: ReplySubject[] = [];
    const look = postOn({
      reply: (subject) => {
        seen.push(subject);
        return pass;
      },
    });
    await decide(turnOf([callOf("bad")]), byName, look);
    expect(seen).toEqual([]);
    const turn = turnOf([callOf("good")], { text: "Looking.", finish: "calls" });
    await decide(turn, byName, look);
    expect(seen).toEqual([{ text: "Looking.", calls: turn.calls, finish: "calls" }]);
  });

  it("that is blocked has the turn asked again, with the reason; its calls are not blamed for one another", async () => {
    const decision = (await decide(
      turnOf([callOf("good"), callOf("remember")]),
      byName,
      refuses,
    )) as AskAgain;
    expect(decision).toMatchObject({
      kind: "ask-again",
      toModel: "Stay on the task.",
      fault: "Stay on the task.",
    });
    expect(decision.outcomes[0]?.text).toMatch(/the answer that it belongs to was refused/);
    expect(decision.outcomes[1]).toMatchObject({ text: "remembered", isError: false });
  });
});

describe("the refusal of a turn", () => {
  it("tells the caller what the model was told, and is one that nobody retries", async () => {
    const asked = (await decide(turnOf([callOf("bad"), callOf("good")]))) as AskAgain;
    const error = refusal(asked, "asked again 2 times");
    expect(error).toMatchObject({ code: "call_refused", status: 400, retryable: false });
    expect(error.message).toBe(
      "Longstop refused what the model asked for (asked again 2 times). For the model: Bad call.",
    );
    expect(error.detail).toMatchObject({ calls: [{ tool: "bad", text: "Bad call." }, { tool: "good" }] });
    expect(refusal(asked, "").message).toBe(
      "Longstop refused what the model asked for. For the model: Bad call.",
    );
  });

  it("is 403 for a policy", async () => {
    const asked = (await decide(turnOf([callOf("worse")]))) as AskAgain;
    expect(refusal(asked, "")).toMatchObject({ code: "call_refused_by_policy", status: 403 });
  });
});
