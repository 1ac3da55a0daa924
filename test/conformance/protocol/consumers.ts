import { describe, expect, it } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import type { CallChange, Turn } from "../../../src/exchange/turn.ts";
import type { Protocol, WholeAnswer } from "../../../src/protocols/protocol.ts";
import type { ProtocolSubject } from "../protocol-suite.ts";
import type { Consumer, Seen } from "./consumer.ts";
import type { Fixtures } from "./fixtures.ts";
import { startProvider, stream, whole } from "./provider.ts";
import { framesOf, relay, textOf } from "./relay.ts";

const paris = { name: "get_weather", arguments: { city: "Paris", unit: "celsius" } };
const tokyo = { name: "get_weather", arguments: { city: "Tokyo", unit: "celsius" } };
const lyon = { name: "get_weather", arguments: { city: "Lyon", unit: "celsius" } };
/** The same as a model might spell it; clients that parse it write it back in their own way. */
const lyonText = '{ "unit" : "celsius",\n  "city": "Ly\\u006fn" }';

type Changes = (turn: Turn) => readonly CallChange[];

interface Case {
  readonly name: string;
  readonly fixture: string;
  readonly changes: Changes;
  readonly calls: Seen["calls"];
}

const cases: readonly Case[] = [
  { name: "text alone", fixture: "text", changes: () => [], calls: [] },
  { name: "text and a call", fixture: "text-and-tool-call", changes: () => [], calls: [paris] },
  { name: "thinking and a call", fixture: "thinking-and-tool-call", changes: () => [], calls: [paris] },
  { name: "parallel calls", fixture: "tool-calls-parallel", changes: () => [], calls: [paris, tokyo] },
  {
    name: "the first of two calls dropped",
    fixture: "tool-calls-parallel",
    changes: ({ calls }) => [{ kind: "drop", call: calls[0]! }],
    calls: [tokyo],
  },
  {
    name: "the second of two calls dropped",
    fixture: "tool-calls-parallel",
    changes: ({ calls }) => [{ kind: "drop", call: calls[1]! }],
    calls: [paris],
  },
  {
    name: "the first dropped and the second rewritten",
    fixture: "tool-calls-parallel",
    changes: ({ calls }) => [
      { kind: "drop", call: calls[0]! },
      { kind: "rewrite", call: calls[1]!, argumentsText: lyonText },
    ],
    calls: [lyon],
  },
  {
    name: "a call rewritten behind text",
    fixture: "text-and-tool-call",
    changes: ({ calls }) => [{ kind: "rewrite", call: calls[0]!, argumentsText: lyonText }],
    calls: [lyon],
  },
  {
    name: "every call dropped",
    fixture: "text-and-tool-call",
    changes: ({ calls }) => calls.map((call) => ({ kind: "drop", call })),
    calls: [],
  },
  {
    name: "a call dropped that the token limit cut",
    fixture: "length-in-tool-call",
    changes: ({ calls }) => calls.map((call) => ({ kind: "drop", call })),
    calls: [],
  },
];

/** What the client is shown, and what it should then see and send back. */
interface Shown {
  readonly answer: WholeAnswer;
  readonly text: string;
  readonly calls: Turn["calls"];
}

/** The calls of a turn as they are after the changes. */
function released(turn: Turn, changes: readonly CallChange[]): Turn["calls"] {
  return turn.calls.flatMap((call) => {
    const change = changes.find((one) => one.call === call);
    if (change?.kind === "drop") return [];
    return change === undefined ? [call] : [{ ...call, argumentsText: change.argumentsText }];
  });
}

export function consumersSuite(
  protocol: Protocol,
  fixtures: Fixtures,
  { path, consumers }: ProtocolSubject,
): void {
  const replayAnswer = (consumer: Consumer): WholeAnswer =>
    consumer.streams ? stream(fixtures.sse("text")) : whole(fixtures.json("text"));

  function shownBy(consumer: Consumer, { fixture, changes }: Case): Shown {
    if (!consumer.streams) {
      const answer = protocol.readAnswer(fixtures.json(fixture));
      const made = changes(answer.turn);
      const text = protocol.editAnswer(answer, { changes: made, addOutputTokens: 0, comment: undefined });
      return { answer: whole(text), text: answer.turn.text, calls: released(answer.turn, made) };
    }
    let made: readonly CallChange[] = [];
    const { sent, turns } = relay(protocol, [fixtures.sse(fixture)], (turn) => {
      made = changes(turn);
      return { release: { changes: made, comment: 'longstop {"interventions":[]}' } };
    });
    return { answer: stream(sent), text: turns[0]!.text, calls: released(turns[0]!, made) };
  }

  function lastAssistantHash(body: string | undefined): string | undefined {
    return protocol.readPrompt(body ?? "", path).messages.findLast(({ role }) => role === "assistant")?.hash;
  }

  describe.each(consumers)("read by $name", (consumer) => {
    const isCut = ({ fixture }: Case): boolean => fixture.startsWith("length");

    it.runIf(consumer.throwsAtTokenLimit).each(cases.filter(isCut))("fails at $name", async (one) => {
      await using provider = await startProvider(shownBy(consumer, one).answer, replayAnswer(consumer));
      await expect(consumer.ask(provider.url, true)).rejects.toThrow("incomplete");
    });

    it.each(cases.filter((one) => !consumer.throwsAtTokenLimit || !isCut(one)))(
      "shows $name, and knows it when it comes back",
      async (one) => {
        const shown = shownBy(consumer, one);
        await using provider = await startProvider(shown.answer, replayAnswer(consumer));
        const seen = await consumer.ask(provider.url, true);
        expect(seen).toMatchObject({ text: shown.text, calls: one.calls });
        const isEmpty = shown.text === "" && one.calls.length === 0;
        const known = isEmpty && consumer.forgetsEmptyAnswers ? undefined : protocol.shownHash(shown);
        expect(lastAssistantHash(provider.bodies[1])).toBe(known);
      },
    );

    it("shows a refusal's sentence in the error, and is not asked again", async () => {
      const sentence = "Longstop refused the call delete_all: no such tool was offered.";
      const refused = protocol.refuse(new LongstopError("call_refused", sentence), "req_1");
      await using provider = await startProvider(refused);
      await expect(consumer.ask(provider.url, false)).rejects.toThrow(sentence);
      expect(provider.bodies).toHaveLength(1);
    });
  });

  describe.each(consumers.filter(({ streams }) => streams))("streamed to $name", (consumer) => {
    it("throws the sentence of an error inside a stream", async () => {
      const sentence = "The upstream ended its stream before the answer was whole.";
      const frames = [...framesOf(fixtures.sse("text"))].slice(0, 3).map((frame) => frame.bytes);
      const error = protocol.openWriter().error(new LongstopError("upstream_cut", sentence));
      await using provider = await startProvider(stream(textOf([...frames, error])));
      await expect(consumer.ask(provider.url, false)).rejects.toThrow(sentence);
    });

    it.each<Pick<Case, "fixture" | "changes" | "calls">>([
      { fixture: "tool-calls-parallel", changes: () => [], calls: [paris, tokyo] },
      {
        fixture: "text-and-tool-call",
        changes: ({ calls }) => [{ kind: "rewrite", call: calls[0]!, argumentsText: lyonText }],
        calls: [lyon],
      },
    ])("shows one answer where $fixture is spliced behind text and a refused call", async (second) => {
      const first = fixtures.sse("text-and-tool-call");
      const { id } = relay(protocol, [first], () => ({ release: {} })).turns[0]!;
      // The second turn has an id of its own, as every answer of a provider, and so has each item in it.
      const own = fixtures.sse(second.fixture).replaceAll(/"((?:msg|rs|fc)_\w+)"/g, '"$1other"');
      const streams = [first, own.replaceAll(id, `${id}second`)];
      let changes: readonly CallChange[] = [];
      const { sent, turns } = relay(protocol, streams, (turn, attempt) => {
        if (attempt === 0) return "ask again";
        changes = second.changes(turn);
        return {
          release: { changes, addOutputTokens: turn.usage?.outputTokens ?? 0, comment: "longstop {}" },
        };
      });
      expect(sent).not.toContain(`${id}second`);
      await using provider = await startProvider(stream(sent), replayAnswer(consumer));
      const seen = await consumer.ask(provider.url, true);
      const text = turns.map((turn) => turn.text).join("");
      expect(seen).toMatchObject({ text, calls: second.calls });
      const tokens = 2 * (turns[1]!.usage?.outputTokens ?? 0);
      expect(seen.outputTokens ?? tokens).toBe(tokens);
      const calls = released(turns[1]!, changes);
      expect(lastAssistantHash(provider.bodies[1])).toBe(protocol.shownHash({ text, calls }));
    });

    it("shows text alone where a bare call was asked again", async () => {
      const streams = [fixtures.sse("tool-call"), fixtures.sse("text")];
      const { sent, turns } = relay(protocol, streams, (_, attempt) =>
        attempt === 0 ? "ask again" : { release: {} },
      );
      await using provider = await startProvider(stream(sent));
      const seen = await consumer.ask(provider.url, false);
      expect(seen).toMatchObject({ text: turns[1]!.text, calls: [] });
    });
  });
}
