import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import type { Turn } from "../../../src/exchange/turn.ts";
import type { Protocol, Release } from "../../../src/protocols/protocol.ts";
import type { Fixtures } from "./fixtures.ts";
import { framesOf, relay } from "./relay.ts";

const untouched = { changes: [], addOutputTokens: 0, comment: undefined };
const cuts = fc.array(fc.nat(), { maxLength: 30 });

/** What two forms of one answer must agree in. */
export function meaning(turn: Turn): unknown {
  const calls = turn.calls.map(({ argumentsText, ...call }) => ({
    ...call,
    arguments: call.kind === "function" && !call.truncated ? asRead(argumentsText) : undefined,
  }));
  const { text, finish, choices, providerCalls } = turn;
  return { text, finish, choices, providerCalls, calls };
}

/** What a model wrote may be no JSON at all: then the texts themselves must agree. */
function asRead(argumentsText: string): unknown {
  try {
    return JSON.parse(argumentsText) as unknown;
  } catch {
    return argumentsText;
  }
}

export function readStream(protocol: Protocol, sse: string, at: readonly number[] = []): Turn {
  const reader = protocol.openReader();
  for (const frame of framesOf(sse, at)) reader.read(frame);
  return reader.turn();
}

/** A fixture's answer with changes, read again. */
function edited(
  protocol: Protocol,
  fixtures: Fixtures,
  name: string,
  decide: (turn: Turn) => Release["changes"],
): Turn {
  const answer = protocol.readAnswer(fixtures.json(name));
  const text = protocol.editAnswer(answer, { ...untouched, changes: decide(answer.turn) });
  return protocol.readAnswer(text).turn;
}

export function answersSuite(protocol: Protocol, fixtures: Fixtures): void {
  const streams = fixtures.answers.flatMap(({ name, sse }) => (sse === undefined ? [] : [{ name, sse }]));
  const wholes = fixtures.answers.flatMap(({ name, json }) => (json === undefined ? [] : [{ name, json }]));
  const both = wholes.flatMap(({ name, json }) =>
    streams.filter((other) => other.name === name).map(({ sse }) => ({ name, json, sse })),
  );

  describe("answers without changes", () => {
    it.each(streams)("leave as the bytes that came, for every chunking: $name.sse", ({ sse }) => {
      fc.assert(
        fc.property(cuts, (at) => {
          expect(relay(protocol, [sse], () => ({ release: {} }), at).sent).toBe(sse);
        }),
        { numRuns: 25 },
      );
    });

    it.each(wholes)("leave as the very same string: $name.json", ({ json }) => {
      expect(protocol.editAnswer(protocol.readAnswer(json), untouched)).toBe(json);
    });
  });

  describe("reading answers", () => {
    it.each(both)("finds the same in a stream and in a whole answer: $name", ({ json, sse }) => {
      expect(meaning(readStream(protocol, sse))).toEqual(meaning(protocol.readAnswer(json).turn));
    });

    it.each(streams)("finds the same for every chunking: $name", ({ sse }) => {
      const turn = readStream(protocol, sse);
      fc.assert(
        fc.property(cuts, (at) => {
          expect(readStream(protocol, sse, at)).toEqual(turn);
        }),
        { numRuns: 25 },
      );
    });

    it("marks the last call of an answer that the token limit cut", () => {
      for (const turn of [
        readStream(protocol, fixtures.sse("length-in-tool-call")),
        protocol.readAnswer(fixtures.json("length-in-tool-call")).turn,
      ]) {
        expect(turn.finish).toBe("length");
        expect(turn.calls.map(({ truncated }) => truncated)).toEqual([true]);
      }
    });

    it("never calls a stream complete that was cut before its end", () => {
      const frames = [...framesOf(fixtures.sse("tool-call"))];
      const reader = protocol.openReader();
      const roles = frames.map((frame) => {
        const role = reader.read(frame);
        return { role, complete: reader.turn().complete };
      });
      const firstEnd = roles.findIndex(({ role }) => role === "end");
      expect(roles.slice(0, firstEnd).filter(({ complete }) => complete)).toEqual([]);
      expect(roles.at(-1)?.complete).toBe(true);
    });

    it.each(["<html>502</html>", "[]", '"text"', '{"cut":'])("refuses what is no answer: %s", (text) => {
      expect(() => protocol.readAnswer(text)).toThrow(
        expect.objectContaining({ name: "LongstopError", code: "upstream_unreadable" }),
      );
    });
  });

  describe("changing whole answers", () => {
    it("takes one of several calls away, and keeps the others", () => {
      const turn = edited(protocol, fixtures, "tool-calls-parallel", ({ calls }) => [
        { kind: "drop", call: calls[0]! },
      ]);
      expect(turn.calls.map(({ argumentsText }) => argumentsText)).toEqual([
        expect.stringContaining("Tokyo"),
      ]);
      expect(turn.finish).toBe("calls");
    });

    it("says that the answer stopped, where no call is left", () => {
      const turn = edited(protocol, fixtures, "text-and-tool-call", ({ calls }) =>
        calls.map((call) => ({ kind: "drop", call })),
      );
      expect(turn).toMatchObject({ calls: [], finish: "stop" });
      expect(turn.text).not.toBe("");
    });

    it("keeps the reason of the token limit, where no call is left", () => {
      const turn = edited(protocol, fixtures, "length-in-tool-call", ({ calls }) => [
        { kind: "drop", call: calls[0]! },
      ]);
      expect(turn).toMatchObject({ calls: [], finish: "length" });
    });

    it("gives a call other arguments", () => {
      const argumentsText = '{"city":"Lyon","unit":"celsius"}';
      const turn = edited(protocol, fixtures, "tool-calls-parallel", ({ calls }) => [
        { kind: "rewrite", call: calls[1]!, argumentsText },
      ]);
      expect(turn.calls.map((call) => JSON.parse(call.argumentsText) as unknown)).toEqual([
        { city: "Paris", unit: "celsius" },
        { city: "Lyon", unit: "celsius" },
      ]);
    });

    it("adds the output tokens of earlier turns", () => {
      const answer = protocol.readAnswer(fixtures.json("tool-call"));
      const text = protocol.editAnswer(answer, { ...untouched, addOutputTokens: 1000 });
      const before = answer.turn.usage?.outputTokens ?? Number.NaN;
      expect(protocol.readAnswer(text).turn.usage?.outputTokens).toBe(before + 1000);
    });
  });

  describe("refusing", () => {
    it("says in the body and the headers what a program needs", () => {
      const detail = { operation: "op_1" };
      const error = new LongstopError("outcome_unknown", "Outcome unknown.", { detail });
      const { status, headers, body } = protocol.refuse(error, "req_1");
      expect(status).toBe(400);
      expect(headers).toMatchObject({ "x-should-retry": "false" });
      expect(Object.values(headers)).toContain("req_1");
      expect(body).toContain("outcome_unknown");
      expect(body).toContain("op_1");
    });

    it("says when to come back, where nothing was sent", () => {
      const error = new LongstopError("ledger_down", "Not now.", { retryAfterSeconds: 7 });
      const { status, headers } = protocol.refuse(error, "req_1");
      expect(status).toBe(503);
      expect(headers).toMatchObject({ "retry-after": "7" });
      expect(headers).not.toHaveProperty("x-should-retry");
    });
  });
}
