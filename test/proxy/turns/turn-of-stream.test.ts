import { describe, expect, it } from "vitest";
import { openaiChat } from "../../../src/protocols/openai-chat/index.ts";
import { turnOf } from "../../../src/proxy/turns/turn-of-stream.ts";

const chunk = (delta: object, finish_reason: string | null = null): string =>
  `data: ${JSON.stringify({ id: "c", model: "m", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const call = (text: string, index = 0): string =>
  chunk({ tool_calls: [{ index, id: `c${index}`, function: { name: "f", arguments: text } }] });

describe("the turn that a stream tells", () => {
  it("is all of it where it came to its end", () => {
    const turn = turnOf(chunk({ content: "Hi" }) + call("{}") + chunk({}, "tool_calls"), openaiChat);
    expect(turn).toMatchObject({ id: "c", text: "Hi", complete: true, calls: [{ id: "c0" }] });
  });

  it("is its text and its whole calls where it was cut, and not complete", () => {
    const turn = turnOf(chunk({ content: "Hi" }) + call("{}") + call('{"a":', 1), openaiChat);
    expect(turn).toMatchObject({ text: "Hi", complete: false, finish: null, calls: [{ id: "c0" }] });
    expect(turn.calls).toHaveLength(1);
  });

  it("has no call where it is a piece of one alone, or none can be read behind what is broken", () => {
    expect(turnOf(call('{"a":'), openaiChat)).toMatchObject({ text: "", calls: [], complete: false });
    expect(turnOf(`${chunk({ content: "Hi" })}data: {no}\n\n`, openaiChat)).toMatchObject({ text: "Hi" });
    expect(turnOf("", openaiChat)).toMatchObject({ id: "", text: "", complete: false });
  });
});
