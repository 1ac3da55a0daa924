import { describe, expect, it } from "vitest";
import { openaiChat } from "../../src/protocols/openai-chat/index.ts";
import { withWholeCalls } from "../../src/protocols/whole-calls.ts";

const answerOf = (content: string | null, ...args: readonly string[]): string => {
  const tool_calls = args.map((text, at) => ({
    id: `c${at}`,
    type: "function",
    function: { name: "f", arguments: text },
  }));
  const message = { role: "assistant", content, ...(args.length > 0 && { tool_calls }) };
  return JSON.stringify({ id: "a", choices: [{ index: 0, finish_reason: "length", message }] });
};
const idsIn = (text: string | null): readonly string[] | null =>
  text === null ? null : openaiChat.readAnswer(text).turn.calls.map(({ id }) => id);

describe("an answer with its whole calls alone", () => {
  it("loses a call whose arguments are a piece, and those behind it", () => {
    expect(idsIn(withWholeCalls(answerOf(null, '{"a":1}', '{"b":', "{}"), openaiChat))).toEqual(["c0"]);
    expect(idsIn(withWholeCalls(answerOf(null, '{"a":1}', "{}"), openaiChat))).toEqual(["c0", "c1"]);
  });

  it("is none where nothing is left", () => {
    expect(withWholeCalls(answerOf(null, '{"b":'), openaiChat)).toBeNull();
    expect(withWholeCalls(answerOf(null), openaiChat)).toBeNull();
    expect(idsIn(withWholeCalls(answerOf("Hm", '{"b":'), openaiChat))).toEqual([]);
  });
});
