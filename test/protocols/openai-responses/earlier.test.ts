import { describe, expect, it } from "vitest";
import { withEarlier } from "../../../src/protocols/openai-responses/earlier.ts";
import { readPrompt } from "../../../src/protocols/openai-responses/read-prompt.ts";

const call = '{"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{}"}';
const result = '{"type":"function_call_output","call_id":"c1","output":"18 °C"}';

describe("a prompt with the turns that the provider keeps", () => {
  it("has them before its own items, oldest first, with their own texts", () => {
    const first = { prompt: readPrompt('{"input":"Hello \\u00fc"}'), output: [call] };
    const second = { prompt: readPrompt(`{"previous_response_id":"r1","input":[ ${result} ]}`), output: [] };
    const shown = readPrompt('{"previous_response_id":"r2","input":"And now?"}');
    const whole = withEarlier(shown, [first, second]);
    expect(whole.messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "user"]);
    expect(whole.parts.map(({ texts }) => texts[0])).toEqual(["Hello ü", "f", "18 °C", "And now?"]);
    expect(whole.messages.at(-1)?.hash).toBe(shown.messages[0]?.hash);
  });

  it("finds the result's call in an earlier turn", () => {
    const first = { prompt: readPrompt('{"input":"Hi"}'), output: [call] };
    const whole = withEarlier(readPrompt(`{"previous_response_id":"r1","input":[${result}]}`), [first]);
    expect(whole.parts.at(-1)?.result).toMatchObject({ callId: "c1", toolName: "f" });
  });

  it("is a list where the request has no input of its own", () => {
    const first = { prompt: readPrompt('{"input":"Hi"}'), output: [] };
    expect(withEarlier(readPrompt('{"previous_response_id":"r1"}'), [first]).messages).toHaveLength(1);
  });
});
