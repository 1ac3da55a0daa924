import { describe, expect, it } from "vitest";
import type { Fact } from "../../src/exchange/fact.ts";
import type { Prompt } from "../../src/exchange/prompt.ts";
import type { TurnCall } from "../../src/exchange/turn.ts";
import { anthropicMessages } from "../../src/protocols/anthropic-messages/index.ts";
import { openaiResponses } from "../../src/protocols/openai-responses/index.ts";
import { chainOf, chainStart } from "../../src/proxy/chains.ts";
import {
  restoredMessages,
  restoreSplices,
  spliceFact,
  type Restored,
  type Splice,
} from "../../src/proxy/splices.ts";
import { chainNext } from "../../src/text/hash.ts";
import { promptOf, result, said, thinking, use, user } from "./support/messages-prompt.ts";

const target = "anthropic";
const task = user("Find it");

/** What the model said: a bad call, the gateway's answer to it, and the good call that was shown. */
const truth = [
  JSON.stringify(said(thinking("one"), use("bad", { wrong: 1 }))),
  JSON.stringify(result("bad", "no such parameter")),
  JSON.stringify(said(thinking("two"), use("t1", { q: "a" }))),
];

function callOf(id: string, argumentsText: string): TurnCall {
  return { id, name: "search", kind: "function", argumentsText, choice: 0, position: 0, truncated: false };
}

/** The splice for what a client that sent `before` was shown, exactly as the engine writes it. */
function spliceOf(
  before: readonly unknown[],
  shown: { text: string; calls: TurnCall[] },
  said_: readonly string[],
): Splice {
  const prompt = promptOf(before);
  const last = chainOf(prompt, target).at(-1) ?? chainStart(prompt, target);
  return {
    shown: chainNext(last, anthropicMessages.shownHash(shown)),
    before: last,
    callIds: shown.calls.map(({ id }) => id),
    truth: said_,
  };
}

function factsOf(...splices: readonly Splice[]): Fact[] {
  return splices.map((splice, i) => ({
    ...spliceFact(splice),
    tenant: "local",
    subject: "conversation:c",
    sequence: i + 1,
    atMs: i,
  }));
}

function restore(prompt: Prompt, facts: readonly Fact[]): Restored {
  return restoreSplices(prompt, chainOf(prompt, target), chainStart(prompt, target), facts);
}

const splice = spliceOf([task], { text: "", calls: [callOf("t1", '{"q":"a"}')] }, truth);
const sentBack = [task, said(use("t1", { q: "a" })), result("t1", "found")];

describe("a splice", () => {
  it("puts the model's own words where the client's copy stands, and nothing else", () => {
    const prompt = promptOf(sentBack);
    const { edits, lostFrom } = restore(prompt, factsOf(splice));
    expect(lostFrom).toBeNull();
    const restored = JSON.parse(anthropicMessages.editPrompt(prompt, edits)) as { messages: unknown[] };
    expect(restored.messages).toEqual([
      task,
      ...truth.map((text) => JSON.parse(text) as unknown),
      sentBack[2],
    ]);
  });

  it("finds the copy however the client serialises it, with its thinking or without", () => {
    const copy = {
      content: [thinking("two"), { name: "search", input: { q: "a" }, type: "tool_use", id: "t1" }],
      role: "assistant",
    };
    expect(restore(promptOf([task, copy, sentBack[2]]), factsOf(splice)).edits).toEqual([
      { kind: "replace-message", message: 1, rawMessages: truth },
    ]);
  });

  it("is carried out again on every later turn, also beside another one", () => {
    const later = [...sentBack, said(use("t2", { q: "b" })), result("t2", "more")];
    const second = spliceOf(sentBack, { text: "", calls: [callOf("t2", '{"q":"b"}')] }, ["{}"]);
    const { edits, lostFrom } = restore(promptOf(later), factsOf(splice, second));
    expect(edits.map((edit) => edit.kind === "replace-message" && edit.message)).toEqual([1, 3]);
    expect(lostFrom).toBeNull();
  });

  it("is of no use at another place: real agents repeat ids and words", () => {
    const elsewhere = [user("Another task"), ...sentBack.slice(1)];
    expect(restore(promptOf(elsewhere), factsOf(splice))).toEqual({ edits: [], lostFrom: null });
  });

  it("written twice with the same truth is one", () => {
    expect(restore(promptOf(sentBack), factsOf(splice, splice)).edits).toHaveLength(1);
  });

  it("with two truths for one copy is left alone, and said to be lost", () => {
    const other = { ...splice, truth: [...truth.slice(0, 2), "{}"] };
    expect(restore(promptOf(sentBack), factsOf(splice, other))).toEqual({ edits: [], lostFrom: 1 });
  });

  it("whose copy the client changed is lost from there on", () => {
    const changed = [task, said(use("t1", { q: "changed" })), sentBack[2], user("Next")];
    expect(restore(promptOf(changed), factsOf(splice))).toEqual({ edits: [], lostFrom: 1 });
  });

  it("of a plain text is lost where the client changed that text", () => {
    const spoken = spliceOf([task], { text: "Here it is.", calls: [] }, truth);
    const same = promptOf([task, said({ type: "text", text: "Here it is." }), user("Next")]);
    expect(restore(same, factsOf(spoken)).edits).toHaveLength(1);
    const changed = promptOf([task, said({ type: "text", text: "Here it was." }), user("Next")]);
    expect(restore(changed, factsOf(spoken))).toEqual({ edits: [], lostFrom: 1 });
  });

  it("is no concern of another answer at the same place: a second sample with calls of its own", () => {
    const sample = promptOf([task, said(use("t9", { q: "z" })), result("t9", "found")]);
    expect(restore(sample, factsOf(splice))).toEqual({ edits: [], lostFrom: null });
  });

  it("is no concern of an equal answer of another run, whose results name calls of its own", () => {
    const alike = promptOf([task, said(use("t9", { q: "a" })), result("t9", "found")]);
    expect(restore(alike, factsOf(splice))).toEqual({ edits: [], lostFrom: null });
  });

  it("is told by its ids from that of another run that was shown the same", () => {
    const shown = { text: "", calls: [callOf("t9", '{"q":"a"}')] };
    const other = spliceOf([task], shown, ["{}"]);
    expect(other.shown).toBe(splice.shown);
    expect(restore(promptOf(sentBack), factsOf(splice, other)).edits).toEqual([
      { kind: "replace-message", message: 1, rawMessages: truth },
    ]);
  });

  it("is found where it stands also where a turn is several elements, beside another one", () => {
    const call = (id: string, name: string): object => ({
      type: "function_call",
      call_id: id,
      name,
      arguments: "{}",
    });
    const output = (id: string, text: string): object => ({
      type: "function_call_output",
      call_id: id,
      output: text,
    });
    const asked = (text: string): object => ({ role: "user", content: text });
    const reasoning = { type: "reasoning", id: "rs_1", summary: [] };
    const input = [
      asked("One?"),
      call("a", "search"),
      output("a", "found"),
      asked("Two?"),
      call("b", "search"),
      output("b", "found"),
    ];
    const prompt = openaiResponses.readPrompt(JSON.stringify({ model: "gpt-5.4", input }), "/v1/responses");
    const edits = [1, 4].map((message) => ({
      kind: "replace-message" as const,
      message,
      rawMessages: [
        reasoning,
        call(`bad${message}`, "no"),
        output(`bad${message}`, "no such tool"),
        reasoning,
        input[message],
      ].map((one) => JSON.stringify(one)),
    }));
    const whole = openaiResponses.readPrompt(openaiResponses.editPrompt(prompt, edits), "/v1/responses");
    const restored = restoredMessages(edits, whole);
    const outputs = whole.messages.filter(({ hasResults }) => hasResults);
    expect(outputs.map(({ index }) => restored.has(index))).toEqual([true, false, true, false]);
    expect([...restored]).toEqual([1, 2, 3, 6, 7, 8]);
  });

  it("costs nothing where there is none", () => {
    const [, another] = factsOf(splice, splice);
    expect(restore(promptOf(sentBack), [])).toEqual({ edits: [], lostFrom: null });
    expect(restore(promptOf(sentBack), [{ ...(another as Fact), kind: "trim-frontier" }]).edits).toEqual([]);
  });
});
