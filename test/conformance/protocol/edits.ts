import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Message, Part, Prompt, PromptEdit, Span } from "../../../src/exchange/prompt.ts";
import type { CallOutcome, TurnCall } from "../../../src/exchange/turn.ts";
import type { Protocol } from "../../../src/protocols/protocol.ts";
import { elements, rootSpan } from "../../../src/wire/json-text.ts";
import type { ProtocolSubject } from "../protocol-suite.ts";
import { Fixtures } from "./fixtures.ts";
import { framesOf } from "./relay.ts";

function textAt(prompt: Prompt, { span }: { readonly span: Span }): string {
  return prompt.text.slice(span.start, span.end);
}

function partsOf(prompt: Prompt, message: number): readonly Part[] {
  return prompt.parts.filter((part) => part.message === message);
}

/** Parts before the first message: tools, and a system prompt that stands outside the messages. */
function headOf(prompt: Prompt): string[] {
  return prompt.parts.filter((part) => part.message === -1).map(({ original }) => original);
}

/**
 * The elements of the list that these messages are made of. Neighbours that are one turn of the model
 * are one message, so where something between two turns leaves, their elements stay and the messages do not.
 */
function elementTexts(prompt: Prompt, messages: readonly Message[] = prompt.messages): string[] {
  return messages.flatMap((message) => {
    const list = `[${textAt(prompt, message)}]`;
    return elements(list, rootSpan(list)).map(({ start, end }) => list.slice(start, end));
  });
}

function offerTexts(prompt: Prompt): string[] {
  return prompt.offers.map((offer) => textAt(prompt, offer));
}

function outcomesOf(calls: readonly TurnCall[]): CallOutcome[] {
  return calls.map((call) => ({ call, text: `refused ${call.position}`, isError: true }));
}

export function editsSuite(
  protocol: Protocol,
  { path, list, conversation, bareConversation }: ProtocolSubject,
): void {
  const readPrompt = (text: string): Prompt => protocol.readPrompt(text, path);
  const prompt = readPrompt(conversation);
  const edited = (...edits: PromptEdit[]): Prompt => {
    const text = protocol.editPrompt(prompt, edits);
    expect(() => JSON.parse(text) as unknown).not.toThrow();
    return readPrompt(text);
  };
  const results = prompt.parts.filter(({ kind }) => kind === "result");
  const last = prompt.messages.length - 1;

  describe("a request without edits", () => {
    const { requests } = new Fixtures(protocol.name);
    const all = [...requests, { name: "the conversation", body: conversation }];

    it.each(all)("is the very same string: $name", ({ body }) => {
      expect(protocol.editPrompt(readPrompt(body), [])).toBe(body);
    });

    it.each(all)("has parts that are its own text: $name", ({ body }) => {
      const { parts, messages, offers } = readPrompt(body);
      for (const { original, span } of parts) expect(original).toBe(body.slice(span.start, span.end));
      // A message is one element of a list, or several neighbours that are one turn of the model.
      for (const { span } of [...messages, ...offers]) {
        expect(() => JSON.parse(`[${body.slice(span.start, span.end)}]`) as unknown).not.toThrow();
      }
    });

    it("is read the same however often it comes", () => {
      expect(readPrompt(conversation)).toEqual(prompt);
    });
  });

  describe("what a request says", () => {
    it("pairs each result with its call, and keeps both in one group", () => {
      const calls = prompt.messages.find(({ hasCalls }) => hasCalls);
      expect(results.map(({ result }) => result?.toolName)).toEqual(["get_weather", "get_weather"]);
      expect(results.map(({ result }) => result?.callId)).toEqual(calls?.callIds);
      const groups = results.map(({ message }) => prompt.messages[message]?.group);
      expect(new Set([...groups, calls?.group]).size).toBe(1);
    });

    it("tells the calls of each message, with their arguments", () => {
      for (const { callIds, calls, hasCalls } of prompt.messages) {
        expect(calls.map(({ id }) => id)).toEqual(callIds);
        expect(calls.length > 0).toBe(hasCalls);
      }
      const calls = prompt.messages.flatMap((message) => message.calls);
      expect(calls.map(({ name, kind }) => [name, kind])).toEqual([
        ["get_weather", "function"],
        ["get_weather", "function"],
      ]);
      for (const { argumentsText } of calls) expect(JSON.parse(argumentsText)).toBeTypeOf("object");
    });

    it("pins tools, system, the task and the latest user message", () => {
      const kinds = prompt.parts.filter(({ pinned }) => pinned).map(({ kind }) => kind);
      expect(kinds).toEqual(expect.arrayContaining(["tools", "system", "text"]));
      const said = prompt.messages.filter(({ hasUserContent }) => hasUserContent);
      const pinned = said.map(({ index }) => partsOf(prompt, index).every((part) => part.pinned));
      expect(pinned).toEqual([true, ...said.slice(1, -1).map(() => false), true]);
    });

    it("pins the running tool loop", () => {
      const running = edited({ kind: "drop-messages", from: last, to: last + 1 });
      const pinned = running.parts.filter((part) => part.kind === "result").map((part) => part.pinned);
      expect(pinned).toEqual([true, true]);
    });

    it.each(["", "nonsense", "[]", '{"model":1', `{"${list}":{}}`, `{"${list}":[1]}`, `{"${list}":1}`])(
      "is refused where it cannot be read: %j",
      (body) => {
        expect(() => readPrompt(body)).toThrow(
          expect.objectContaining({ name: "LongstopError", code: "request_malformed" }),
        );
      },
    );

    it("is refused where it is nested too deep, instead of ending the process", () => {
      const deep = `{"model":"m","${list}":[${"[".repeat(20_000)}${"]".repeat(20_000)}]}`;
      expect(() => readPrompt(deep)).toThrow(expect.objectContaining({ code: "request_malformed" }));
    });
  });

  describe("edits on a request", () => {
    it("gives a result other texts, and touches no other part", () => {
      const [first] = results;
      const replaced = first!.texts.map((_, index) => `framed "${index}" \u2028`);
      const after = edited({ kind: "result-texts", part: first!.index, texts: replaced });
      expect(after.parts[first!.index]?.texts).toEqual(replaced);
      const others = (of: Prompt): string[] =>
        of.parts.filter(({ index }) => index !== first!.index).map(({ original }) => original);
      expect(others(after)).toEqual(others(prompt));
    });

    it("puts one stub in place of a result", () => {
      const [first] = results;
      const after = edited({ kind: "result-texts", part: first!.index, texts: ["stub"] });
      expect(after.parts[first!.index]?.texts.join("")).toBe("stub");
    });

    it("adds text at the very end of the system prompt", () => {
      const after = edited({ kind: "append-system", text: 'Standing "instruction".' });
      const system = after.parts.filter(({ kind }) => kind === "system");
      expect(system.at(-1)?.texts.at(-1)).toMatch(/Standing "instruction"\.$/);
      expect(after.messages.filter(({ role }) => role !== "system").map((one) => textAt(after, one))).toEqual(
        prompt.messages.filter(({ role }) => role !== "system").map((one) => textAt(prompt, one)),
      );
      expect(after.offers.map((offer) => offer.schemaText)).toEqual(
        prompt.offers.map((offer) => offer.schemaText),
      );
    });

    it("adds a system prompt where there is none", () => {
      const bare = readPrompt(bareConversation);
      expect(bare.parts.filter(({ kind }) => kind === "system")).toEqual([]);
      const after = readPrompt(protocol.editPrompt(bare, [{ kind: "append-system", text: "Be kind." }]));
      const system = after.parts.filter(({ kind }) => kind === "system");
      expect(system.map((part) => part.texts)).toEqual([["Be kind."]]);
      expect(after.messages.filter(({ role }) => role !== "system").map((one) => textAt(after, one))).toEqual(
        elementTexts(bare),
      );
    });

    it("drops messages, but for system messages, and keeps the bytes of all others", () => {
      for (let from = 0; from <= last; from++) {
        for (let to = from; to <= last + 1; to++) {
          const after = edited({ kind: "drop-messages", from, to });
          const kept = prompt.messages.filter(
            ({ index, role }) => index < from || index >= to || role === "system",
          );
          expect(elementTexts(after)).toEqual(elementTexts(prompt, kept));
          expect(headOf(after)).toEqual(headOf(prompt));
        }
      }
    });

    it("takes thinking away, and nothing else that a model said", () => {
      const after = edited({ kind: "drop-thinking", from: 0, to: prompt.messages.length });
      expect(after.parts.filter(({ kind }) => kind === "thinking")).toEqual([]);
      expect(after.messages.map(({ hash }) => hash)).toEqual(prompt.messages.map(({ hash }) => hash));
      expect(after.text).not.toMatch(/thinking|reasoning_content/);
    });

    it("inserts a message of a user behind any other", () => {
      for (let after = -1; after <= last; after++) {
        const prompted = edited({ kind: "insert", after, role: "user", text: "Remember: 42." });
        expect(prompted.parts.flatMap((part) => part.texts)).toContain("Remember: 42.");
        const remaining = elementTexts(prompted).filter((one) => !one.includes("Remember: 42."));
        expect(remaining).toEqual(elementTexts(prompt));
      }
    });

    it("puts whole messages in place of one", () => {
      const index = prompt.messages.findIndex(({ role }) => role === "assistant");
      const rawMessages = [textAt(prompt, prompt.messages[index]!), textAt(prompt, prompt.messages[last]!)];
      const after = edited({ kind: "replace-message", message: index, rawMessages });
      expect(elementTexts(after)).toEqual([
        ...elementTexts(prompt, prompt.messages.slice(0, index)),
        ...elementTexts(prompt, [prompt.messages[index]!, prompt.messages[last]!]),
        ...elementTexts(prompt, prompt.messages.slice(index + 1)),
      ]);
    });

    it("takes an offer away, and the last one with all that needs tools", () => {
      for (const { index } of prompt.offers) {
        const after = edited({ kind: "remove-offer", offer: index });
        expect(offerTexts(after)).toEqual(offerTexts(prompt).toSpliced(index, 1));
        expect(elementTexts(after)).toEqual(elementTexts(prompt));
      }
      const none = edited(
        ...prompt.offers.map(({ index }) => ({ kind: "remove-offer", offer: index }) as const),
      );
      expect(none.offers).toEqual([]);
      const body = JSON.parse(none.text) as Record<string, unknown>;
      expect(body).not.toHaveProperty("tools");
      expect(body).not.toHaveProperty("tool_choice");
    });

    it("describes an offer otherwise", () => {
      const { index } = prompt.offers[0]!;
      const to = { description: 'New "words"', schemaText: '{"type":"object","properties":{"x":{}}}' };
      const after = edited({ kind: "rewrite-offer", offer: index, ...to });
      expect(after.offers[index]).toMatchObject({ ...to, name: prompt.offers[index]!.name });
      expect(after.offers[1]?.schemaText).toBe(prompt.offers[1]?.schemaText);
      expect(elementTexts(after)).toEqual(elementTexts(prompt));
    });

    it("carries out several edits at once as one by one", () => {
      const anyEdits: fc.Arbitrary<PromptEdit[]> = fc
        .tuple(
          fc.nat({ max: last }),
          fc.nat({ max: last + 1 }),
          fc.nat({ max: last }),
          fc.subarray([0, 1, 2, 3]),
        )
        .map(([from, to, after, chosen]) => {
          const all: PromptEdit[] = [
            { kind: "drop-messages", from, to },
            { kind: "insert", after, role: "user", text: "Inserted." },
            { kind: "result-texts", part: results[0]!.index, texts: results[0]!.texts.map(() => "stub") },
            { kind: "append-system", text: "Appended." },
          ];
          return chosen.map((index) => all[index]!);
        });
      fc.assert(
        fc.property(anyEdits, (edits) => {
          const after = edited(...edits);
          const gone = edits.find((edit) => edit.kind === "drop-messages");
          const stays = prompt.messages.filter(
            ({ index, role, hasResults }) =>
              role !== "system" && !hasResults && !(gone && index >= gone.from && index < gone.to),
          );
          const found = elementTexts(after);
          for (const element of elementTexts(prompt, stays)) expect(found).toContain(element);
        }),
        { numRuns: 50 },
      );
    });
  });

  describe("asking again", () => {
    const fixtures = new Fixtures(protocol.name);
    function continued(name: string, form: "whole" | "stream"): { body: string; calls: readonly TurnCall[] } {
      if (form === "whole") {
        const answer = protocol.readAnswer(fixtures.json(name));
        const { calls } = answer.turn;
        return { body: protocol.continuePrompt(prompt, { kind: "whole", answer }, outcomesOf(calls)), calls };
      }
      const reader = protocol.openReader();
      for (const frame of framesOf(fixtures.sse(name))) reader.read(frame);
      const { calls } = reader.turn();
      return { body: protocol.continuePrompt(prompt, { kind: "stream", reader }, outcomesOf(calls)), calls };
    }

    it.each(["whole", "stream"] as const)("ends with the turn and one result per call: %s", (form) => {
      for (const name of [
        "tool-call",
        "tool-calls-parallel",
        "text-and-tool-call",
        "thinking-and-tool-call",
      ]) {
        const { body, calls } = continued(name, form);
        const after = readPrompt(body);
        expect(elementTexts(after, after.messages.slice(0, last + 1))).toEqual(elementTexts(prompt));
        const added = after.messages.slice(last + 1);
        expect(added[0]).toMatchObject({ role: "assistant", callIds: calls.map(({ id }) => id) });
        const answered = after.parts.filter((part) => part.message > last && part.kind === "result");
        expect(answered.map(({ result }) => result?.callId)).toEqual(calls.map(({ id }) => id));
        expect(answered.map((part) => part.texts)).toEqual(
          calls.map(({ position }) => [`refused ${position}`]),
        );
        expect(new Set(added.map(({ group }) => group)).size).toBe(1);
      }
    });

    it.each(["whole", "stream"] as const)("gives calls that are no valid JSON a valid form: %s", (form) => {
      const { body } = continued("length-in-tool-call", form);
      const after = readPrompt(body);
      const turn = after.messages[last + 1]!;
      expect(textAt(after, turn)).not.toContain("Par");
      expect(turn.callIds).toHaveLength(1);
    });

    it("says the same whether the turn came whole or as a stream", () => {
      for (const name of ["tool-calls-parallel", "thinking-and-tool-call"]) {
        const hashes = (["whole", "stream"] as const).map((form) =>
          readPrompt(continued(name, form).body)
            .messages.slice(last + 1)
            .map(({ hash }) => hash),
        );
        expect(hashes[0]).toEqual(hashes[1]);
      }
    });
  });
}
