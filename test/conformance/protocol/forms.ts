import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Turn } from "../../../src/exchange/turn.ts";
import type { Protocol, WholeAnswer } from "../../../src/protocols/protocol.ts";
import type { TurnForms, TurnIdentity } from "../../../src/protocols/turn-forms.ts";
import { members, rootSpan } from "../../../src/wire/json-text.ts";
import { commentFrame } from "../../../src/wire/sse.ts";
import type { ProtocolSubject } from "../protocol-suite.ts";
import { meaning, readStream } from "./answers.ts";
import type { Consumer, Seen } from "./consumer.ts";
import type { Fixtures } from "./fixtures.ts";
import { startAnswering, stream, whole } from "./provider.ts";
import { framesOf, textOf } from "./relay.ts";

/** All that is read of an answer. */
function told(turn: Turn): unknown {
  const { id, usage, complete } = turn;
  return { id, usage, complete, meaning: meaning(turn) };
}

/** The members of a body, each as `"name": value`. */
function membersIn(body: string): { name: string; text: string }[] {
  return members(body, rootSpan(body)).map(({ key, keySpan, value }) => ({
    name: key,
    text: body.slice(keySpan.start, value.end),
  }));
}

function bodyOf(parts: readonly { readonly text: string }[]): string {
  return `{${parts.map(({ text }) => text).join(" ,\n")}}`;
}

export function formsSuite(protocol: Protocol, fixtures: Fixtures, subject: ProtocolSubject): void {
  const { forms } = protocol;
  const { path, list, conversation, onlyStreamed = [] } = subject;
  const wholes = fixtures.answers.flatMap(({ name, json }) => (json === undefined ? [] : [{ name, json }]));
  const streams = fixtures.answers.flatMap(({ name, sse }) => (sse === undefined ? [] : [{ name, sse }]));

  const identityOf = (body: string, at = path): TurnIdentity => forms.identity(protocol.readPrompt(body, at));

  function asked(body: string, at = path, query = ""): NonNullable<ReturnType<TurnForms["askStream"]>> {
    const request = forms.askStream(body, at, query);
    if (request === null) throw new Error("A stream can tell what such a request asks for.");
    return request;
  }

  /** The stream that tells all of a whole answer. */
  function streamOf(json: string): string {
    const request = asked(conversation);
    const text = forms.streamOf(json, protocol.readPrompt(request.body, request.path));
    if (text === null) throw new Error("A stream can tell all that is in this answer.");
    return text;
  }

  describe("the two forms of an answer", () => {
    it.each(wholes)("come back from a stream as the whole answer that was: $name", ({ json }) => {
      expect(JSON.parse(forms.wholeOf(streamOf(json)) ?? "null")).toEqual(JSON.parse(json));
    });

    it.each(wholes)("read as the same turn: $name as a stream", ({ json }) => {
      expect(told(readStream(protocol, streamOf(json)))).toEqual(told(protocol.readAnswer(json).turn));
    });

    const ended = streams.filter(({ sse }) => readStream(protocol, sse).complete);
    it.each(ended.filter(({ name }) => !onlyStreamed.includes(name)))(
      "read as the same turn: $name as a whole",
      ({ sse }) => {
        const json = forms.wholeOf(sse) ?? "";
        expect(told(protocol.readAnswer(json).turn)).toEqual(told(readStream(protocol, sse)));
      },
    );

    it.skipIf(onlyStreamed.length === 0)("are not two, where a stream says what no whole answer can", () => {
      for (const name of onlyStreamed) expect(forms.wholeOf(fixtures.sse(name))).toBeNull();
    });

    it.each(streams)("are not two before the stream has ended: $name", ({ sse }) => {
      const reader = protocol.openReader();
      const passed: Uint8Array[] = [];
      const early: (string | null)[] = [];
      for (const frame of framesOf(sse)) {
        if (!reader.turn().complete) early.push(forms.wholeOf(textOf(passed)));
        reader.read(frame);
        passed.push(frame.bytes);
      }
      expect(early).toEqual(early.map(() => null));
      expect(forms.wholeOf(sse) === null || reader.turn().complete).toBe(true);
    });

    it.each(streams)("make nothing up, wherever the connection broke: $name", ({ sse }) => {
      // Only what was told behind the end, such as the usage, may be missing.
      const said = (text: string): unknown => {
        const json = forms.wholeOf(text);
        return json === null ? null : meaning(protocol.readAnswer(json).turn);
      };
      const all = said(sse);
      fc.assert(
        fc.property(fc.nat(sse.length), (length) => {
          expect([null, all]).toContainEqual(said(sse.slice(0, length)));
        }),
        { numRuns: 50 },
      );
    });

    it.each(streams)("know nothing of comments: $name", ({ sse }) => {
      const frames = [...framesOf(sse)].map(({ bytes }) => bytes);
      fc.assert(
        fc.property(fc.nat(frames.length), (at) => {
          const noted = frames.toSpliced(at, 0, commentFrame('longstop {"interventions":[]}'));
          expect(forms.wholeOf(textOf(noted))).toBe(forms.wholeOf(sse));
        }),
        { numRuns: 10 },
      );
    });

    it("are none, or some, of whatever stands there: nothing throws", () => {
      const damage = fc.record({
        text: fc.constantFrom(...streams.map(({ sse }) => sse), ...wholes.map(({ json }) => json)),
        from: fc.nat(),
        length: fc.nat(30),
        instead: fc.oneof(fc.string(), fc.constantFrom("null", "[", "{}", '"', "7", "1.0", "true", "\n\n")),
      });
      const prompt = protocol.readPrompt(conversation, path);
      fc.assert(
        fc.property(damage, ({ text, from, length, instead }) => {
          const at = from % text.length;
          const damaged = text.slice(0, at) + instead + text.slice(at + length);
          const found = [forms.wholeOf(damaged), forms.streamOf(damaged, prompt)];
          expect(found.filter((form) => form !== null && typeof form !== "string")).toEqual([]);
        }),
        { numRuns: 300 },
      );
    });

    it.each(["<html>502</html>", "[]", '"text"', '{"cut":', ""])(
      "are none of what is no answer: %s",
      (text) => {
        expect(forms.wholeOf(text)).toBeNull();
        expect(forms.streamOf(text, protocol.readPrompt(conversation, path))).toBeNull();
      },
    );
  });

  describe("asking for a stream", () => {
    const recorded = fixtures.requests.filter(({ body }) => protocol.readPrompt(body, path).choices === 1);
    const requests = [...recorded, { name: "conversation", body: conversation }];

    it.each(requests)("asks the same thing otherwise: $name", ({ body }) => {
      const request = asked(body);
      expect(protocol.matches("POST", request.path)).toBe(true);
      expect(protocol.readPrompt(request.body, request.path).stream).toBe(true);
      expect(identityOf(request.body, request.path)).toEqual(identityOf(body));
    });

    it.each(requests)("changes nothing where it was asked for already: $name", ({ body }) => {
      const request = asked(body);
      expect(asked(request.body, request.path, request.query)).toEqual(request);
    });

    it("keeps what the query says", () => {
      expect(asked(conversation, path, "?api-version=2026-01-01&k=%20").query).toContain(
        "api-version=2026-01-01&k=%20",
      );
    });
  });

  describe("the identity of a turn", () => {
    const parts = membersIn(conversation);

    it("does not depend on the order of members and the space between them", () => {
      fc.assert(
        fc.property(fc.shuffledSubarray(parts, { minLength: parts.length }), (shuffled) => {
          expect(identityOf(bodyOf(shuffled))).toEqual(identityOf(conversation));
        }),
        { numRuns: 20 },
      );
    });

    it.each(parts.filter(({ name }) => ![list, "stream"].includes(name)))("depends on $name", (part) => {
      const without = parts.filter((other) => other !== part);
      expect(identityOf(bodyOf(without))).not.toEqual(identityOf(conversation));
    });

    it("depends on every element of the list, and on their order", () => {
      const body = JSON.parse(conversation) as Record<string, unknown[]>;
      const elements = body[list] ?? [];
      const identityWith = (others: readonly unknown[]): TurnIdentity =>
        identityOf(JSON.stringify({ ...body, [list]: others }));
      const own = identityWith(elements);
      expect(own.messages).toHaveLength(elements.length);
      for (const [index, element] of elements.entries()) {
        expect(identityWith(elements.toSpliced(index, 1))).not.toEqual(own);
        const changed = { ...(element as object), x_other: "something" };
        expect(identityWith(elements.with(index, changed))).not.toEqual(own);
      }
      expect(identityWith(elements.toReversed())).not.toEqual(own);
    });

    it("depends on the path", () => {
      expect(identityOf(conversation, `/somewhere${path}`)).not.toEqual(identityOf(conversation));
    });

    it("takes of equal names the last", () => {
      const [first, ...others] = [
        { text: '"x_twice": 1' },
        { text: '"x_twice": 2' },
        { text: '"x_\\u0074wice": 3' },
      ];
      const last = { text: '"x_twice": 3' };
      expect(identityOf(bodyOf([first, ...parts, ...others]))).toEqual(identityOf(bodyOf([...parts, last])));
    });

    it.each([
      ["12345678901234567890", "12345678901234567891"],
      ['"\\ud83d"', '"\\ud83e"'],
      ["1", "1.0"],
      ["null", "[]"],
    ])("tells %s from %s", (one, other) => {
      const withParameter = (text: string): TurnIdentity =>
        identityOf(bodyOf([...parts, { text: `"x_option": ${text}` }]));
      expect(withParameter(one)).not.toEqual(withParameter(other));
      expect(withParameter(one).parameters).toContainEqual(["x_option", one]);
    });
  });

  const cases = ["text", "text-and-tool-call", "thinking-and-tool-call", "tool-calls-parallel"];
  const server = (answer: WholeAnswer) => startAnswering(() => answer);

  describe.each(subject.consumers)("an answer in the other form, read by $name", (consumer) => {
    it.each(cases)("is the answer that it is in its own: %s", async (fixture) => {
      await using provider = await server(ownForm(consumer, fixtures, fixture));
      const expected = await consumer.ask(provider.url, false);
      await using recorder = await startAnswering(({ path: at, body }, turn) => {
        const prompt = protocol.readPrompt(body, at);
        const recorded = turn === 0 ? fixture : "text";
        if (!prompt.stream) return whole(forms.wholeOf(fixtures.sse(recorded)) ?? "");
        return stream(forms.streamOf(fixtures.json(recorded), prompt) ?? "");
      });
      const { text, calls } = await consumer.ask(recorder.url, true);
      expect({ text, calls }).toEqual({ text: expected.text, calls: expected.calls } satisfies Partial<Seen>);
    });

    it.runIf(consumer.streams)("tells the tokens that the client asked for", async () => {
      const json = fixtures.json("text-and-tool-call");
      let tokens: number | undefined;
      await using recorder = await startAnswering(({ path: at, body }) => {
        const text = forms.streamOf(json, protocol.readPrompt(body, at)) ?? "";
        tokens = readStream(protocol, text).usage?.outputTokens;
        return stream(text);
      });
      const { outputTokens } = await consumer.ask(recorder.url, false);
      expect(outputTokens ?? tokens).toBe(tokens);
    });
  });
}

function ownForm(consumer: Consumer, fixtures: Fixtures, fixture: string): WholeAnswer {
  return consumer.streams ? stream(fixtures.sse(fixture)) : whole(fixtures.json(fixture));
}
