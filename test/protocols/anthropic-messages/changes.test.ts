import { describe, expect, it } from "vitest";
import { contentEdits, Decisions, endEdits } from "../../../src/protocols/anthropic-messages/changes.ts";
import { applyEdits } from "../../../src/wire/json-edit.ts";
import { member, rootSpan } from "../../../src/wire/json-text.ts";
import { callOf } from "./traffic.ts";

const use = (by: "client" | "program" | "provider") => ({ by, id: "t", name: "f", inputText: "{}" });
const drop = (position: number) => ({ kind: "drop" as const, call: callOf("{}", { position }) });
const rewrite = (position: number, argumentsText: string) => ({
  kind: "rewrite" as const,
  call: callOf("{}", { position }),
  argumentsText,
});
const block = (id: string) => `{"type":"tool_use","id":"${id}","name":"f", "input": {"n":1.0}}`;

describe("carrying decisions from block to block", () => {
  it("counts only calls of the model as positions", () => {
    const decisions = new Decisions([drop(0), rewrite(1, '{"a":1}')]);
    const uses = [undefined, use("provider"), use("client"), use("program"), use("client"), use("client")];
    expect(uses.map((one) => decisions.of(one).kind)).toEqual([
      "keep",
      "keep",
      "drop",
      "keep",
      "rewrite",
      "keep",
    ]);
    expect(decisions).toMatchObject({ left: 3, dropped: 1 });
  });

  it("ends the turn where no call is left, and only then", () => {
    const after = (changes: ReturnType<typeof drop>[], by: "client" | "program" = "client", left = 0) => {
      const decisions = new Decisions(changes, left);
      for (const one of [use("client"), use(by)]) decisions.of(one);
      return (reason: string) => decisions.stopReason(reason);
    };
    expect(after([drop(0), drop(1)])("tool_use")).toBe("end_turn");
    expect(after([drop(0), drop(1)])("max_tokens")).toBe("max_tokens");
    expect(after([drop(0)])("tool_use")).toBe("tool_use");
    expect(after([drop(0)], "program")("tool_use")).toBe("tool_use");
    expect(after([drop(0), drop(1)], "client", 1)("tool_use")).toBe("tool_use");
    expect(after([])("tool_use")).toBe("tool_use");
  });

  it("edits a content list in place", () => {
    const text = `[{"type":"text","text":"a"}, ${block("x")} , ${block("y")}, ${block("z")}]`;
    const edits = contentEdits(text, rootSpan(text), new Decisions([drop(0), rewrite(2, '{"n": 2.0}')]));
    expect(applyEdits(text, edits)).toBe(
      `[{"type":"text","text":"a"}, ${block("y")}, ${block("z").replace('{"n":1.0}', '{"n": 2.0}')}]`,
    );
  });

  it("adds output tokens where the upstream said any", () => {
    const text = '{"delta":{"stop_reason":"tool_use"},"usage":{"output_tokens": 7}}';
    const places = {
      reasonIn: member(text, rootSpan(text), "delta"),
      usage: member(text, rootSpan(text), "usage"),
    };
    const release = { changes: [drop(0)], addOutputTokens: 5, comment: undefined };
    const decisions = new Decisions(release.changes);
    decisions.of(use("client"));
    expect(applyEdits(text, endEdits(text, places, decisions, release))).toBe(
      '{"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens": 12}}',
    );
    const silent = '{"delta":{},"usage":{"output_tokens":null}}';
    const usage = member(silent, rootSpan(silent), "usage");
    expect(endEdits(silent, { reasonIn: undefined, usage }, decisions, release)).toEqual([]);
  });
});

describe("the end of an answer without the objects that belong there", () => {
  it.each(["null", "7", '"x"', "[]"])("is left as it is: %s", (other) => {
    const text = `{"delta":${other},"usage":${other}}`;
    const root = rootSpan(text);
    const places = { reasonIn: member(text, root, "delta"), usage: member(text, root, "usage") };
    const release = { changes: [], addOutputTokens: 5, comment: undefined };
    expect(endEdits(text, places, new Decisions([drop(0)]), release)).toEqual([]);
  });
});
