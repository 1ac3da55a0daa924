import { describe, expect, it } from "vitest";
import type { Fact } from "../../../src/exchange/fact.ts";
import { budget } from "../../../src/guards/budget/budget.ts";
import { guardSuite } from "../../conformance/guard-suite.ts";
import {
  anthropicRequest,
  assistant,
  bodyAfter,
  messagesOf,
  onDuty,
  openaiRequest,
  subjectOf,
  system,
  toolTurn,
  user,
  words,
  written,
  type WireMessage,
} from "./requests.ts";

/** A chat of `turns` turns of about 200 tokens each, ending with a message of the user. */
function chat(turns: number): readonly WireMessage[] {
  const said = Array.from({ length: turns }, (_, turn) => [
    user(words(`question-${turn}`, 100)),
    assistant(words(`answer-${turn}`, 100)),
  ]);
  return [system("Be brief."), ...said.flat(), user(words("last", 100))];
}

async function sent(messages: readonly WireMessage[], facts: readonly Fact[], options: object) {
  const prompt = openaiRequest(messages);
  const verdict = await onDuty(options).judge(subjectOf(prompt, { facts }));
  return { body: bodyAfter(prompt, verdict), facts: [...facts, ...written(verdict.facts)], verdict };
}

function thinking(text: string) {
  return { type: "thinking", thinking: words(text, 50), signature: text };
}

const small = { tokensMax: 2_000 };

guardSuite(budget, [
  {
    promise: "A prompt inside its budget",
    moment: "prompt",
    subject: subjectOf(openaiRequest(chat(3))),
    verdict: "pass",
  },
  {
    promise: "A prompt over its budget",
    moment: "prompt",
    subject: subjectOf(openaiRequest(chat(20))),
    options: small,
    verdict: "rewrite",
  },
  {
    promise: "A prompt whose pinned parts are over the budget",
    moment: "prompt",
    subject: subjectOf(openaiRequest([user(words("task", 3_000))])),
    options: small,
    verdict: "block",
  },
]);

describe("budget", () => {
  it("drops whole oldest groups down to low water in one step, then nothing until it is full again", async () => {
    let facts: readonly Fact[] = [];
    const kept: number[] = [];
    const decided: boolean[] = [];
    for (let turns = 1; turns <= 20; turns += 1) {
      const step = await sent(chat(turns), facts, small);
      facts = step.facts;
      kept.push(messagesOf(step.body ?? "").length);
      decided.push(step.verdict.facts !== undefined);
    }
    expect(decided.filter(Boolean)).toHaveLength(3);
    const drops = kept.flatMap((count, at) => (at > 0 && count < (kept[at - 1] ?? 0) ? [at] : []));
    expect(drops).toEqual(decided.flatMap((yes, at) => (yes ? [at] : [])));
    for (const at of drops) expect((kept[at - 1] ?? 0) - (kept[at] ?? 0)).toBeGreaterThanOrEqual(4);
  });

  it("keeps system, task and the latest user message to the byte, and what that one answers", async () => {
    const [rules = {}, ...rest] = chat(20);
    const messages = [rules, ...rest.slice(0, 10), system("A later rule."), ...rest.slice(10)];
    const { body = "" } = await sent(messages, [], small);
    const left = messagesOf(body);
    expect(left.slice(0, 3)).toEqual([rules, rest[0], system("A later rule.")]);
    expect(left.slice(-2)).toEqual(messages.slice(-2));
    expect(left.length).toBeLessThan(messages.length / 2);
  });

  it("is in no way in the way of a small prompt: same bytes, no facts", async () => {
    const prompt = openaiRequest(chat(3));
    expect(await onDuty().judge(subjectOf(prompt))).toEqual({ kind: "pass" });
  });

  it("gives a model of unknown window no budget, and says so", async () => {
    const prompt = openaiRequest(chat(3), { model: "my-model" });
    const guard = onDuty();
    expect(await guard.judge(subjectOf(prompt))).toEqual({ kind: "pass" });
    expect(guard.reports).toEqual([expect.stringContaining('"my-model" is not known')]);
    const configured = onDuty({ windows: { "my-*": 1_200 } });
    expect((await configured.judge(subjectOf(openaiRequest(chat(20), { model: "my-model" })))).kind).toBe(
      "rewrite",
    );
  });

  it("says what takes the room where the pinned parts alone are too much", async () => {
    const messages = [
      system(words("rules", 300)),
      user(words("task", 500)),
      ...toolTurn(["a", "b"], words("r", 900)),
    ];
    const verdict = await onDuty(small).judge(subjectOf(openaiRequest(messages)));
    if (verdict.kind !== "block") throw new Error(verdict.kind);
    expect(verdict.toModel).toMatch(
      /It consists of: the tool calls that are being answered, with their results 1,8\d\d, the task \(the first user message\) 50\d, the system prompt 30\d, the definitions of 1 tools \d\d\./,
    );
    expect(verdict.toModel).toMatch(
      /the budget of gpt-4o is 2,000 \(16,384 more are kept free for the answer\)/,
    );
    expect(verdict.toModel).toMatch(/raise tokensMax or windows/);
  });

  it("shortens a long run of calls for one task, and leaves what is being answered", async () => {
    const turns = Array.from({ length: 30 }, (_, turn) =>
      toolTurn([`call_${turn}`], words(`result-${turn}`, 100)),
    );
    const messages = [user("the task"), ...turns.flat()];
    const { body = "" } = await sent(messages, [], small);
    const left = messagesOf(body);
    expect(left[0]).toEqual(user("the task"));
    expect(left.slice(-2)).toEqual(messages.slice(-2));
    expect(left.length).toBeLessThan(messages.length / 2);
  });

  it("counts results as they stand after earlier guards, and what these append to the system prompt", async () => {
    const turns = Array.from({ length: 8 }, (_, turn) => toolTurn([`call_${turn}`], `result-${turn}`));
    const prompt = openaiRequest([user("the task"), ...turns.flat()]);
    const plain = subjectOf(prompt);
    expect((await onDuty(small).judge(plain)).kind).toBe("pass");
    const parts = plain.parts.map((part) => ({
      ...part,
      currentTexts: part.texts.map((text) => (part.kind === "result" ? words(text, 300) : text)),
    }));
    expect((await onDuty(small).judge({ ...plain, parts })).kind).toBe("rewrite");
    expect((await onDuty(small).judge({ ...plain, appended: [words("rule", 1_900)] })).kind).toBe("rewrite");
    const gone = parts.map((part) => ({ ...part, dropped: part.kind === "result" }));
    expect((await onDuty(small).judge({ ...plain, parts: gone })).kind).toBe("pass");
  });

  it("keeps room for the answer that the request asks for", async () => {
    const guard = onDuty({ windows: { "*": 3_000 } });
    const short = await guard.judge(subjectOf(openaiRequest(chat(10), { max_tokens: 100 })));
    const long = await guard.judge(subjectOf(openaiRequest(chat(10), { max_tokens: 1_500 })));
    expect([short.kind, long.kind]).toEqual(["pass", "rewrite"]);
  });

  it("does not trim for one model what was decided for another", async () => {
    const first = await sent(chat(20), [], small);
    const other = openaiRequest(chat(20), { model: "gpt-4.1" });
    const verdict = await onDuty().judge(subjectOf(other, { facts: first.facts }));
    expect(verdict).toEqual({ kind: "pass" });
  });

  it("counts on with the ratio that the conversation began with", async () => {
    const first = await sent(chat(20), [], small);
    expect(first.verdict.facts?.[0]).toEqual({ kind: "token-ratio", value: { model: "gpt-4o", ratio: 1 } });
    const dearer = written([{ kind: "token-ratio", value: { model: "gpt-4o", ratio: 1.5 } }]);
    const again = await sent(chat(20), dearer, small);
    expect(messagesOf(again.body ?? "").length).toBeLessThan(messagesOf(first.body ?? "").length);
    expect(again.verdict.facts?.map(({ kind }) => kind)).toEqual(["trim-frontier"]);
  });
});

describe("budget while nothing can be written down", () => {
  it("applies what is known, and sets nothing new", async () => {
    const first = await sent(chat(20), [], small);
    const prompt = openaiRequest(chat(20));
    const verdict = await onDuty(small).judge(
      subjectOf(prompt, { facts: first.facts, factsWritable: false }),
    );
    expect(bodyAfter(prompt, verdict)).toBe(first.body);
    expect(verdict.facts).toBeUndefined();
  });

  it("lets a prompt over its budget pass as long as it fits the window", async () => {
    const prompt = openaiRequest(chat(20));
    const verdict = await onDuty({ ...small, windows: { "*": 100_000 } }).judge(
      subjectOf(prompt, { factsWritable: false }),
    );
    expect(verdict).toEqual({ kind: "pass" });
  });

  it("refuses a prompt over the window, and says why", async () => {
    const prompt = openaiRequest(chat(20), { max_tokens: 500 });
    const guard = onDuty({ windows: { "*": 3_000 } });
    const verdict = await guard.judge(subjectOf(prompt, { factsWritable: false }));
    if (verdict.kind !== "block") throw new Error(verdict.kind);
    expect(verdict.toModel).toMatch(
      /has about 4,\d{3} tokens and gpt-4o takes 2,500 .* must be written down first/,
    );
  });
});

describe("budget on a model that binds its thinking", () => {
  const binds = { bindsThinking: true };
  const turns = (count: number) =>
    Array.from({ length: count }, (_, turn): readonly WireMessage[] => [
      user(words(`question-${turn}`, 100)),
      {
        role: "assistant",
        content: [thinking(`t${turn}`), { type: "text", text: words(`answer-${turn}`, 100) }],
      },
    ]).flat();
  const loop: readonly WireMessage[] = [
    {
      role: "assistant",
      content: [thinking("in-loop"), { type: "tool_use", id: "a", name: "look", input: {} }],
    },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "a", content: "seen" }] },
  ];

  it("removes all thinking up to the trim, and keeps what came after it, for ever", async () => {
    const first = anthropicRequest([...turns(10), user("go on")]);
    const verdict = await onDuty(small).judge(subjectOf(first, binds));
    expect(bodyAfter(first, verdict)).not.toContain('"thinking"');

    const later = [
      ...turns(10),
      user("go on"),
      { role: "assistant", content: [thinking("new"), { type: "text", text: "x" }] },
    ];
    const second = anthropicRequest([...later, user("and on")]);
    const body = bodyAfter(
      second,
      await onDuty(small).judge(subjectOf(second, { ...binds, facts: written(verdict.facts) })),
    );
    expect(body?.match(/"signature":"[^"]+"/g)).toEqual(['"signature":"new"']);
  });

  it("begins no trim inside a tool loop that holds thinking: the request goes on, and is reported", async () => {
    const prompt = anthropicRequest([...turns(10), user("go on"), ...loop]);
    const guard = onDuty(small);
    expect(await guard.judge(subjectOf(prompt, binds))).toEqual({ kind: "pass" });
    expect(guard.reports).toEqual([
      expect.stringMatching(/^A prompt for claude-fable-5-1 has about .* was not trimmed/),
    ]);
    expect((await guard.judge(subjectOf(prompt))).kind).toBe("rewrite");
  });

  it("keeps a frontier that it has inside a tool loop, with the loop's thinking", async () => {
    const before = anthropicRequest([...turns(10), user("go on")]);
    const facts = written((await onDuty(small).judge(subjectOf(before, binds))).facts);
    const inside = anthropicRequest([...turns(10), user("go on"), ...loop]);
    const body = bodyAfter(inside, await onDuty(small).judge(subjectOf(inside, { ...binds, facts })));
    expect(body?.match(/"signature":"[^"]+"/g)).toEqual(['"signature":"in-loop"']);
  });

  it("does not trim at all if told so", async () => {
    const prompt = anthropicRequest([...turns(10), user("go on")]);
    const guard = onDuty({ ...small, onBoundThinking: "skip" });
    expect(await guard.judge(subjectOf(prompt, binds))).toEqual({ kind: "pass" });
    expect(guard.reports).toHaveLength(1);
  });

  it("drops a message that would be left empty", async () => {
    const only: WireMessage = { role: "assistant", content: [thinking("cut short")] };
    const messages = [...turns(10), user("go on"), only, user("again")];
    const prompt = anthropicRequest(messages);
    const body = bodyAfter(prompt, await onDuty(small).judge(subjectOf(prompt, binds))) ?? "";
    expect(body).not.toContain("cut short");
    expect(messagesOf(body).every(({ content }) => (content as readonly unknown[]).length > 0)).toBe(true);
  });
});

describe("the options of budget", () => {
  it("refuse a low water that is no lower than high water", () => {
    const options = {
      tokensMax: 0,
      lowWater: 1,
      answerTokens: 0,
      marginPercent: 5,
      windows: {},
      onBoundThinking: "strip",
    };
    expect(budget.check?.(options)).toEqual([expect.stringContaining("lowWater must be below 1")]);
    expect(budget.check?.({ ...options, lowWater: 0.99 })).toEqual([]);
  });
});
