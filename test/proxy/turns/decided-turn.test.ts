import { describe, expect, it } from "vitest";
import { protocols } from "../../../src/protocols/index.ts";
import type { Protocol } from "../../../src/protocols/protocol.ts";
import { Decisions } from "../../../src/proxy/decisions/decisions.ts";
import { mappedNames, noteDecisions, shownCalls } from "../../../src/proxy/turns/decided-turn.ts";
import type { AnswerForm } from "../../../src/proxy/turns/answer-form.ts";
import { TurnOutput } from "../../../src/proxy/turns/turn-output.ts";
import { Fixtures } from "../../conformance/protocol/fixtures.ts";
import { sqliteUnderTest } from "../../ledger/sqlite/under-test.ts";
import { engineSettings, toolOf } from "../support/engine-settings.ts";
import { callerOf } from "../support/plain-exchange.ts";
import { recordedLog } from "../support/recorded-log.ts";

function ended(form: AnswerForm, text: string, status = 200): TurnOutput {
  const output = new TurnOutput(form);
  if (form === "whole") void output.sendWhole(status, [], text);
  else {
    output.writeHead(status, []);
    void output.end(Buffer.from(text));
  }
  return output;
}
const callsOf = (protocol: Protocol, form: AnswerForm, text: string): readonly string[] | null =>
  shownCalls(protocol, ended(form, text), text)?.map(
    ({ name, argumentsText }) => `${name} ${JSON.stringify(JSON.parse(argumentsText))}`,
  ) ?? null;

describe.each(protocols.map((protocol) => [protocol.name, protocol] as const))(
  "the calls of an answer in %s",
  (name, protocol) => {
    const fixtures = new Fixtures(name);

    it("are the same in both forms", () => {
      for (const answer of ["tool-call", "text-and-tool-call", "tool-calls-parallel"]) {
        const whole = callsOf(protocol, "whole", fixtures.json(answer));
        expect(whole?.length).toBeGreaterThan(0);
        expect(callsOf(protocol, "stream", fixtures.sse(answer))).toEqual(whole);
      }
      expect(callsOf(protocol, "whole", fixtures.json("text"))).toEqual([]);
      expect(callsOf(protocol, "stream", fixtures.sse("text"))).toEqual([]);
    });

    it("are none where the token limit cut them", () => {
      expect(callsOf(protocol, "stream", fixtures.sse("length-in-tool-call"))).toEqual([]);
    });

    it("are unknown where the stream is not whole, or the answer is none", () => {
      const sse = fixtures.sse("tool-call");
      const frames = sse.trimEnd().split(/(?<=\r?\n\r?\n)/);
      const cut = frames.slice(0, Math.floor(frames.length / 2)).join("");
      expect(callsOf(protocol, "stream", cut)).toBeNull();
      const json = fixtures.json("tool-call");
      expect(shownCalls(protocol, ended("whole", json, 429), json)).toBeNull();
      const broken = ended("stream", sse);
      broken.brokeOff = true;
      expect(shownCalls(protocol, broken, sse)).toBeNull();
    });
  },
);

it("knows nothing of calls that are made in the background, and fetched by their id", () => {
  const responses = protocols.find(({ name }) => name === "openai-responses") as Protocol;
  const queued = { id: "resp_1", object: "response", status: "queued", background: true, output: [] };
  const text = JSON.stringify(queued);
  expect(callsOf(responses, "whole", text)).toBeNull();
  expect(callsOf(responses, "whole", JSON.stringify({ ...queued, background: false }))).toEqual([]);
});

describe("what a turn decides", () => {
  const [protocol] = protocols as readonly [Protocol];
  const decisions = [{ tool: "get_weather", path: "/w", arguments: {} }];
  const mapped = new Map([["t", toolOf("t", "http://t", { decisions })]]);

  async function noting(run: string | null, more: Parameters<typeof engineSettings>[0]) {
    const store = await sqliteUnderTest();
    const { log } = recordedLog();
    const engine = {
      settings: engineSettings(more),
      decisions: new Decisions(store.ledger, log, Date.now),
    };
    const text = new Fixtures(protocol.name).json("tool-call");
    const output = new TurnOutput("whole");
    const caller = callerOf({ id: run, attempt: "a" });
    const given = { turn: "t1", epoch: 1, output, text: () => Promise.resolve(text) };
    const note = noteDecisions({ engine, caller, protocol }, given);
    const facts = async (): Promise<number> =>
      (await store.ledger.facts("local", "run:r", "decisions")).length;
    return { note, output, text, facts, close: () => store.close() };
  }

  it("is written down once it has ended, and only then", async () => {
    const { note, output, text, facts, close } = await noting("r", { tools: mapped });
    expect(await facts()).toBe(0);
    void output.sendWhole(200, [], text);
    await note?.();
    await note?.();
    expect(await facts()).toBe(1);
    await close();
  });

  it("is asked for by nobody without a run, a mapping, or recorded turns", async () => {
    const { turns } = engineSettings();
    for (const [run, settings] of [
      [null, { tools: mapped }],
      ["r", {}],
      ["r", { tools: mapped, turns: { ...turns, mode: "report" as const } }],
    ] as const) {
      const { note, close } = await noting(run, settings);
      expect(note).toBeNull();
      await close();
    }
  });

  it("matters by the names that tools map", () => {
    expect([...mappedNames(engineSettings({ tools: mapped }))]).toEqual(["get_weather"]);
    expect([...mappedNames(engineSettings())]).toEqual([]);
  });
});
