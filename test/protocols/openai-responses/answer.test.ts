import { describe, expect, it } from "vitest";
import { editAnswer, readAnswer } from "../../../src/protocols/openai-responses/answer.ts";
import { callItem, fixture } from "./traffic.ts";

const response = (output: unknown, more: object = {}) =>
  JSON.stringify({ id: "resp_1", object: "response", status: "completed", error: null, output, ...more });
const release = { addOutputTokens: 0, comment: undefined };

describe("a whole answer", () => {
  it("has calls to hold, and calls that are only seen", () => {
    const program = callItem("p", { name: "late", caller: { type: "program", caller_id: "x" } });
    const { turn } = readAnswer(
      response([{ type: "web_search_call", id: "ws" }, program, callItem("c1", { namespace: "n" })]),
    );
    expect(turn.calls.map(({ id, name, position }) => [id, name, position])).toEqual([
      ["c1", "n.get_weather", 0],
    ]);
    expect(turn.providerCalls).toEqual(["web_search", "late"]);
    expect(turn.finish).toBe("calls");
  });

  it("is no error while it is under way, and its calls are no calls yet", () => {
    expect(readAnswer(response([], { status: "queued" })).turn).toMatchObject({
      finish: null,
      complete: false,
    });
    const { turn } = readAnswer(response([callItem("c1"), callItem("c2")], { status: "in_progress" }));
    expect(turn.calls.map(({ truncated }) => truncated)).toEqual([true, true]);
  });

  it("passes on what a human is to approve", () => {
    const text = response([
      { type: "mcp_approval_request", id: "a", name: "delete", arguments: "{}", server_label: "x" },
    ]);
    expect(readAnswer(text).turn).toMatchObject({ calls: [], providerCalls: ["delete"], finish: "stop" });
  });

  it("is refused with the upstream's own words where it is an error", () => {
    expect(() => readAnswer('{"error":{"message":"No credit."}}')).toThrow("No credit.");
    expect(() => readAnswer('{"object":"list"}')).toThrow('no array "output"');
  });

  it("keeps every byte outside of what is changed", () => {
    const text = fixture("tool-calls-parallel.json");
    const answer = readAnswer(text);
    const [, second] = answer.turn.calls;
    const edited = editAnswer(answer, {
      ...release,
      changes: [{ kind: "rewrite", call: second!, argumentsText: "{}" }],
    });
    expect(edited).toBe(text.replace(JSON.stringify(second!.argumentsText), '"{}"'));
  });

  it("loses the right one of its calls where others are not the client's", () => {
    const program = callItem("p", { caller: { type: "program", caller_id: "x" } });
    const answer = readAnswer(response([program, callItem("c1"), callItem("c2")]));
    const edited = editAnswer(answer, {
      ...release,
      changes: [{ kind: "drop", call: answer.turn.calls[0]! }],
    });
    expect(JSON.parse(edited)).toMatchObject({ output: [{ call_id: "p" }, { call_id: "c2" }] });
  });

  it("changes free text where that is what it is", () => {
    const answer = readAnswer(fixture("custom-tool-call.json"));
    const changes = [{ kind: "rewrite", call: answer.turn.calls[0]!, argumentsText: "other" } as const];
    expect(readAnswer(editAnswer(answer, { ...release, changes })).turn.calls[0]?.argumentsText).toBe(
      "other",
    );
  });
});
