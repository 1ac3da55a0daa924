import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fact } from "../../../src/exchange/fact.ts";
import type { Prompt } from "../../../src/exchange/prompt.ts";
import {
  frontierOf,
  nothingDropped,
  tokensUpTo,
  type Frontier,
  type History,
} from "../../../src/guards/budget/trim.ts";
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

const tokensMax = 1_000;

/** What can follow a message of the user, as an OpenAI client records it; ids repeat, as they do. */
const id = fc.constantFrom("call_0", "call_1", "call_2");
const ids = fc.oneof(
  { weight: 9, arbitrary: fc.uniqueArray(id, { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constant(Array.from({ length: 30 }, (_, index) => `parallel_${index}`)) },
);
const length = fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 100, max: 250 }));
const openaiTurn = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(ids, fc.nat(40)).map(([calls, tokens]) => toolTurn(calls, words("result", tokens))),
  },
  {
    weight: 2,
    arbitrary: length.map((tokens) => [assistant(words("answer", tokens)), user(words("more", tokens / 2))]),
  },
  { weight: 1, arbitrary: length.map((tokens) => [assistant(words("thinking aloud", tokens))]) },
  { weight: 1, arbitrary: length.map((tokens) => [system(words("rule", tokens / 10))]) },
);
const openaiHistory = fc
  .tuple(length, fc.array(openaiTurn, { minLength: 5, maxLength: 20 }))
  .map(([tokens, turns]): readonly WireMessage[] => [
    system("Be brief."),
    user(words("task", tokens)),
    ...turns.flat(),
  ]);

/** Every request of a conversation: the history up to each message of the model, and all of it. */
function requestsOf(history: readonly WireMessage[]): readonly (readonly WireMessage[])[] {
  const ends = history.flatMap((message, index) =>
    index > 0 && message["role"] === "assistant" ? [index] : [],
  );
  return [...ends, history.length].map((end) => history.slice(0, end));
}

interface Step {
  readonly prompt: Prompt;
  readonly body: string | undefined;
  readonly refusal: string | undefined;
  readonly decided: boolean;
  readonly known: readonly Fact[];
}

/** The conversation request by request, as a gateway with a ledger sees it. */
async function conversation(history: readonly WireMessage[]): Promise<readonly Step[]> {
  const { judge } = onDuty({ tokensMax });
  const steps: Step[] = [];
  let known: readonly Fact[] = [];
  for (const messages of requestsOf(history)) {
    const prompt = openaiRequest(messages);
    const verdict = await judge(subjectOf(prompt, { facts: known }));
    steps.push({
      prompt,
      body: bodyAfter(prompt, verdict),
      refusal: verdict.kind === "block" ? verdict.toModel : undefined,
      decided: verdict.facts !== undefined,
      known,
    });
    known = [...known, ...written(verdict.facts)];
  }
  return steps;
}

function unpaired(messages: readonly WireMessage[]): readonly string[] {
  const faults: string[] = [];
  for (const [at, message] of messages.entries()) {
    const calls = (message["tool_calls"] ?? []) as readonly { readonly id: string }[];
    const behind = messages.slice(at + 1, at + 1 + calls.length);
    const results = new Set(behind.map((result) => result["tool_call_id"]));
    if (calls.some((call) => !results.has(call.id))) faults.push(`${at}: a call without its result`);
    if (message["role"] !== "tool") continue;
    const asked = messages.slice(0, at).findLast(({ role }) => role !== "tool");
    if (asked?.["tool_calls"] === undefined) faults.push(`${at}: a result without its call`);
  }
  return faults;
}

/** What is wrong with a request that leaves, or with its refusal. */
async function faultsOf({ prompt, body, refusal }: Step): Promise<readonly string[]> {
  if (body === undefined) {
    const pinned = Number(/takes about ([\d,]+) tokens/.exec(refusal ?? "")?.[1]?.replaceAll(",", ""));
    return pinned > tokensMax ? [] : [`refused although what is pinned would fit: ${refusal}`];
  }
  const messages = messagesOf(body);
  const lost = prompt.parts.filter((part) => part.pinned && !body.includes(part.original));
  const again = await onDuty({ tokensMax }).judge(subjectOf(openaiRequest(messages)));
  return [
    ...unpaired(messages),
    ...lost.map(({ index }) => `pinned part ${index} is not what it was`),
    ...(again.kind === "pass" ? [] : ["it is still over the budget"]),
  ];
}

/** What is wrong with a request that leaves after another one of the same conversation. */
function growthFaults(before: Step, now: Step): readonly string[] {
  if (before.body === undefined || now.body === undefined) return [];
  const [old, messages] = [messagesOf(before.body), messagesOf(now.body)];
  const dropped = now.prompt.messages.length - messages.length;
  const droppedBefore = before.prompt.messages.length - old.length;
  const faults = dropped < droppedBefore ? ["something dropped came back"] : [];
  if (now.decided !== dropped > droppedBefore)
    faults.push("a decision that drops nothing, or a drop undecided");
  const same = JSON.stringify(messages.slice(0, old.length)) === JSON.stringify(old);
  if (!now.decided && !same) faults.push("the beginning changed without a decision");
  return faults;
}

describe("a trim of any conversation", () => {
  it("leaves valid pairs, everything pinned, and a prompt that fits", async () => {
    await fc.assert(
      fc.asyncProperty(openaiHistory, async (history) => {
        for (const step of await conversation(history)) expect(await faultsOf(step)).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });

  it("only ever drops more, and leaves the beginning alone until it must drop more", async () => {
    await fc.assert(
      fc.asyncProperty(openaiHistory, async (history) => {
        const steps = await conversation(history);
        const faults = steps.slice(1).flatMap((step, at) => growthFaults(steps[at] ?? step, step));
        expect(faults).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });

  it("gives the same bytes after a loss of the ledger, at every request", async () => {
    const { judge } = onDuty({ tokensMax });
    await fc.assert(
      fc.asyncProperty(openaiHistory, async (history) => {
        for (const { prompt, body, known } of await conversation(history)) {
          const lost = await judge(subjectOf(prompt));
          expect(bodyAfter(prompt, lost)).toBe(body);
          const half = await judge(subjectOf(prompt, { facts: known.slice(0, known.length / 2) }));
          expect(bodyAfter(prompt, half)).toBe(body);
        }
      }),
      { numRuns: 15 },
    );
  });

  it("holds for a branch as far as the branch contains it", async () => {
    await fc.assert(
      fc.asyncProperty(openaiHistory, fc.nat(), async (history, cut) => {
        const steps = await conversation(history);
        const facts = steps.at(-1)?.known ?? [];
        const back = history.slice(0, 2 + (cut % history.length));
        const branch = [
          ...back.slice(0, back.findLastIndex(({ role }) => role !== "assistant" && role !== "tool") + 1),
          user("another way"),
        ];
        const prompt = openaiRequest(branch);
        const verdict = await onDuty({ tokensMax }).judge(subjectOf(prompt, { facts }));
        const body = bodyAfter(prompt, verdict);
        const messages = body === undefined ? branch : messagesOf(body);
        expect(messages.at(-1)).toEqual(user("another way"));
        expect(messages).toContainEqual(history[1]);
        expect(unpaired(messages)).toEqual(unpaired(branch));
      }),
      { numRuns: 15 },
    );
  });
});

/** As the provider makes it: bound to system, tools and every message before it. */
function signature(body: string, messages: readonly WireMessage[]): string {
  const { system: rules, tools } = JSON.parse(body) as Record<string, unknown>;
  return createHash("sha256")
    .update(JSON.stringify([rules, tools, messages]))
    .digest("hex");
}

/** Thinking in a request that the provider would reject. */
function rejected(body: string): readonly string[] {
  const messages = messagesOf(body);
  return messages.flatMap((message, at) => {
    const content = message["content"];
    const blocks = Array.isArray(content) ? (content as readonly Record<string, unknown>[]) : [];
    const bound = blocks.filter(({ type }) => type === "thinking").map((block) => block["signature"]);
    const valid = signature(body, messages.slice(0, at));
    return bound.filter((one) => one !== valid).map(() => `thinking in message ${at} has another prefix`);
  });
}

describe("a trim on a model that binds its thinking", () => {
  const reply = fc.record({
    thinks: fc.boolean(),
    calls: fc.boolean(),
    tokens: fc.integer({ min: 1, max: 120 }),
  });

  it("never sends thinking behind an edit, and keeps what was thought after one", async () => {
    let kept = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(reply, { minLength: 10, maxLength: 40 }), async (replies) => {
        const { judge } = onDuty({ tokensMax });
        let messages: readonly WireMessage[] = [user("the task")];
        let facts: readonly Fact[] = [];
        for (const { thinks, calls, tokens } of replies) {
          const prompt = anthropicRequest(messages);
          const verdict = await judge(subjectOf(prompt, { bindsThinking: true, facts }));
          const body = bodyAfter(prompt, verdict);
          if (body === undefined) return;
          expect(rejected(body)).toEqual([]);
          if (body !== prompt.text) kept += body.split('"thinking":').length - 1;
          facts = [...facts, ...written(verdict.facts)];
          const bound = {
            type: "thinking",
            thinking: words("hm", tokens),
            signature: signature(body, messagesOf(body)),
          };
          const said = calls
            ? { type: "tool_use", id: `id_${messages.length}`, name: "look", input: {} }
            : { type: "text", text: words("answer", tokens) };
          const next = calls
            ? {
                role: "user",
                content: [
                  { type: "tool_result", tool_use_id: `id_${messages.length}`, content: words("r", tokens) },
                ],
              }
            : user(words("next", tokens));
          messages = [...messages, { role: "assistant", content: thinks ? [bound, said] : [said] }, next];
        }
      }),
      { numRuns: 60 },
    );
    expect(kept).toBeGreaterThan(100);
  });
});

/** Messages of the user and the model in turn, each of so many tokens. */
function historyOf(tokens: readonly number[]): History {
  const bare = { span: { start: 0, end: 0 }, partsFrom: 0, partsTo: 0, hasCalls: false, hasResults: false };
  return {
    messages: tokens.map((_, index) => {
      const role = index % 2 === 0 ? "user" : "assistant";
      return {
        ...bare,
        index,
        role,
        hasUserContent: role === "user",
        callIds: [],
        calls: [],
        group: index,
        hash: "",
      };
    }),
    weights: {
      system: 0,
      tools: 0,
      messages: tokens.map((said) => ({ said, thinking: 0, holdsThinking: false })),
    },
  };
}

function left(history: History, frontier: Frontier): number {
  return tokensUpTo(history, frontier, history.messages.length);
}

describe("frontierOf", () => {
  const rules = { budgetTokens: 1_000, lowWater: 0.5, bindsThinking: false, trimsBoundThinking: true };
  it("goes down to a share of what the pinned parts leave", () => {
    const history = historyOf([100, ...Array.from({ length: 19 }, () => 50), 100]);
    const frontier = frontierOf(history, rules, nothingDropped);
    expect(left(history, frontier)).toBeLessThanOrEqual(200 + 0.5 * 800);
    expect(left(history, frontier)).toBeGreaterThan(200 + 0.5 * 800 - 101);
  });

  it("goes deeper where low water alone would free next to nothing", () => {
    const history = historyOf([100, ...Array.from({ length: 89 }, () => 10), 20]);
    const frontier = frontierOf(history, { ...rules, lowWater: 0.99 }, nothingDropped);
    expect(left(history, frontier)).toBeLessThanOrEqual(1_010 - 0.1 * 890);
  });

  it("does nothing where everything is pinned, or the pinned parts alone are too much", () => {
    expect(frontierOf(historyOf([2_000]), rules, nothingDropped)).toBe(nothingDropped);
    expect(frontierOf(historyOf([1_500, 10, 10, 10, 10]), rules, nothingDropped)).toBe(nothingDropped);
  });

  it("begins what is left with a message of the model, unless that is too much", () => {
    const history = historyOf([100, 300, 60, 60, 60, 60, 400]);
    const { dropped } = frontierOf(history, rules, nothingDropped);
    expect(dropped).toEqual([[1, 3]]);
    const full = historyOf([100, 10, 10, 700, 300]);
    expect(frontierOf(full, rules, nothingDropped).dropped).toEqual([[1, 4]]);
  });

  it("keeps what the latest user message answers, where there is room", () => {
    const history = historyOf([100, 400, 100, 100, 400]);
    expect(frontierOf(history, { ...rules, lowWater: 0 }, nothingDropped).dropped).toEqual([[1, 3]]);
  });
});
