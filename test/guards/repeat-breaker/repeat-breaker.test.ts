import { describe, expect, it } from "vitest";
import type { NewFact } from "../../../src/exchange/fact.ts";
import type { PromptRewrite, PromptSubject } from "../../../src/exchange/moments.ts";
import type { Verdict } from "../../../src/exchange/verdict.ts";
import { repeatBreaker } from "../../../src/guards/repeat-breaker/repeat-breaker.ts";
import { guardSuite } from "../../conformance/guard-suite.ts";
import { subjectOf, user, written, type WireMessage } from "../budget/requests.ts";
import { historyDialects, historyOf, look, times, type HistoryDialect, type Stated } from "./histories.ts";

const [openai, anthropic] = historyDialects;
const stuck = (count: number): PromptSubject => historyOf(openai, times(count, [look("nothing")]));

guardSuite(repeatBreaker, [
  { promise: "A history that goes on", moment: "prompt", subject: stuck(4), verdict: "pass" },
  { promise: "An agent that repeats itself", moment: "prompt", subject: stuck(5), verdict: "rewrite" },
  { promise: "An agent that does not stop", moment: "prompt", subject: stuck(10), verdict: "block" },
  {
    promise: "An agent that is to be stopped at once",
    moment: "prompt",
    subject: stuck(5),
    options: { action: "stop" },
    verdict: "block",
  },
]);

type Options = Readonly<Record<string, unknown>>;

async function judge(subject: PromptSubject, options: Options = {}): Promise<Verdict<PromptRewrite>> {
  const defaults = Object.entries<{ default: unknown }>(repeatBreaker.options);
  const all = { ...Object.fromEntries(defaults.map(([name, one]) => [name, one.default])), ...options };
  const ports = { now: () => 0, framingKey: async () => new Uint8Array(32), report: () => {} };
  const at = { target: "t" } as never;
  const verdict = await repeatBreaker.watch(all, ports).watches.prompt?.(subject, at);
  if (verdict === undefined) throw new Error("watches no prompt");
  return verdict;
}

function editsOf(verdict: Verdict<PromptRewrite>): PromptRewrite["edits"] {
  return verdict.kind === "rewrite" ? verdict.to.edits : [];
}

/** An agent's requests, one a turn, with what the guard set along the way. */
class Agent {
  readonly facts: NewFact[] = [];
  readonly messages: WireMessage[] = [user("Find it.")];
  readonly dialect: HistoryDialect;

  constructor(dialect: HistoryDialect) {
    this.dialect = dialect;
  }

  async turn(calls: readonly Stated[]): Promise<Verdict<PromptRewrite>> {
    this.messages.push(...this.dialect.turn(calls));
    return this.ask();
  }

  async ask(): Promise<Verdict<PromptRewrite>> {
    const prompt = this.dialect.request(this.messages);
    const verdict = await judge(subjectOf(prompt, { facts: written(this.facts) }));
    this.facts.push(...(verdict.facts ?? []));
    return verdict;
  }
}

describe.each(historyDialects)("an agent that goes round in circles in $name", (dialect) => {
  it("is told once, behind the results, and stopped at twice the number", async () => {
    const agent = new Agent(dialect);
    const verdicts: Verdict<PromptRewrite>[] = [];
    for (let turn = 0; turn < 10; turn++) verdicts.push(await agent.turn([look("nothing")]));
    expect(verdicts.map(({ kind }) => kind)).toEqual([...times(4, "pass"), ...times(5, "rewrite"), "block"]);
    const [first, ...later] = verdicts.slice(4, 9).map(editsOf);
    expect(first).toEqual([
      { kind: "insert", after: 10, role: "user", text: expect.stringContaining("5 calls") },
    ]);
    for (const edits of later) expect(edits).toEqual(first);
    expect(agent.facts).toHaveLength(1);
    expect(verdicts.at(-1)).toMatchObject({ kind: "block", code: "run_repeating" });
  });

  it("keeps what it was told in every later request, also once it does something else", async () => {
    const agent = new Agent(dialect);
    let told: PromptRewrite["edits"] = [];
    for (let turn = 0; turn < 5; turn++) told = editsOf(await agent.turn([look("nothing")]));
    expect(editsOf(await agent.turn([look("found", '{"at":"other"}')]))).toEqual(told);
    agent.messages.push(user("Thanks."));
    expect(editsOf(await agent.ask())).toEqual(told);
  });

  it("is told again when it begins again, and both stay", async () => {
    const agent = new Agent(dialect);
    for (let turn = 0; turn < 5; turn++) await agent.turn([look("nothing")]);
    await agent.turn([look("found", '{"at":"other"}')]);
    let edits: PromptRewrite["edits"] = [];
    for (let turn = 0; turn < 5; turn++) edits = editsOf(await agent.turn([look("nothing")]));
    expect(edits).toHaveLength(2);
    expect(agent.facts).toHaveLength(2);
  });

  it("may go on when a user says so", async () => {
    const agent = new Agent(dialect);
    for (let turn = 0; turn < 10; turn++) await agent.turn([look("nothing")]);
    expect((await agent.ask()).kind).toBe("block");
    agent.messages.push(user("Try it again."));
    expect((await agent.ask()).kind).toBe("rewrite");
    expect((await agent.turn([look("nothing")])).kind).toBe("rewrite");
  });

  it("is left alone with tools that poll", async () => {
    const subject = historyOf(dialect, times(20, [look("nothing")]));
    expect((await judge(subject, { pollingTools: ["lo*"] })).kind).toBe("pass");
    const failing = times(20, 0).map((_, turn) => [look("Error: not ready", `{"turn":${turn}}`)]);
    const refused = historyOf(dialect, failing);
    expect((await judge(refused, { errorTexts: ["Error:"] })).kind).not.toBe("pass");
    expect((await judge(refused, { errorTexts: ["Error:"], pollingTools: ["lo*"] })).kind).toBe("pass");
  });
});

describe("what counts as a call that failed", () => {
  const failing = (stated: Stated, dialect: HistoryDialect = openai) =>
    judge(
      historyOf(
        dialect,
        times(8, stated).map((one, at) => [{ ...one, input: one.input ?? `{"x":${at}}` }]),
      ),
      { repeatsMax: 0 },
    );

  it.each([
    "Error: get_wether is not a valid tool, try one of [get_weather].",
    'Invalid tool_call: "get_wether". Available options are: "get_weather". Please try again',
    "An error occurred while running the tool. Please try again. Error: Error: boom",
  ])("is what clients say of it where the protocol has no mark: %s", async (result) => {
    const verdict = await failing({ result });
    expect(verdict).toMatchObject({ kind: "rewrite", reason: expect.stringContaining("calls failed") });
  });

  it("is a result marked as an error, and no other", async () => {
    expect((await failing({ result: "no such file", isError: true }, anthropic)).kind).toBe("rewrite");
    expect((await failing({ result: "no such file" }, anthropic)).kind).toBe("pass");
    expect((await failing({ result: "It said: Error: x" })).kind).toBe("pass");
  });

  it("is a call whose arguments are no object", async () => {
    for (const input of ["{", "[1]", "null", '"x"']) {
      expect((await failing({ input, result: "?" })).kind).toBe("rewrite");
    }
    expect((await failing({ input: "", result: "?" })).kind).toBe("pass");
  });
});

describe("a note that cannot be kept", () => {
  it("is not made: while nothing can be written down nobody is told", async () => {
    expect(await judge({ ...stuck(5), factsWritable: false })).toEqual({ kind: "pass" });
    expect((await judge({ ...stuck(10), factsWritable: false })).kind).toBe("block");
  });

  it("leaves with the message that it stands behind", async () => {
    const { facts = [] } = await judge(stuck(5));
    const later = historyOf(openai, [...times(5, [look("nothing")]), [look("found", '{"at":"other"}')]]);
    const known = { ...later, facts: written(facts) };
    expect(editsOf(await judge(known))).toEqual([expect.objectContaining({ after: 10 })]);
    const dropped = (to: number) => known.parts.map((part) => ({ ...part, dropped: part.message < to }));
    expect(editsOf(await judge({ ...known, parts: dropped(10) }))).toHaveLength(1);
    expect(editsOf(await judge({ ...known, parts: dropped(11) }))).toEqual([]);
  });

  it("has no place in a history that the client wrote anew", async () => {
    const { facts = [] } = await judge(stuck(5));
    const other = historyOf(openai, [[look("something else")]]);
    expect(await judge({ ...other, facts: written(facts) })).toEqual({ kind: "pass" });
  });
});

it("finds a number that no agent could keep", () => {
  const { check } = repeatBreaker;
  expect(check?.({ repeatsMax: 1 })).toHaveLength(1);
  expect(check?.({ repeatsMax: 0 })).toEqual([]);
});
