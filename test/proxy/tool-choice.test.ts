import { describe, expect, it } from "vitest";
import { LongstopError } from "../../src/exchange/error.ts";
import type { Prompt, ToolChoice } from "../../src/exchange/prompt.ts";
import { openaiChat } from "../../src/protocols/openai-chat/index.ts";
import { refuseForcedTool } from "../../src/proxy/tool-choice.ts";

function promptWith(toolChoice: ToolChoice): Prompt {
  const tools = ["read", "send", "pay"].map((name) => ({ type: "function", function: { name } }));
  const prompt = openaiChat.readPrompt(JSON.stringify({ model: "m", messages: [], tools }), "");
  return { ...prompt, toolChoice };
}

/** What becomes of a request with this choice, once these tools were refused. */
function refusing(names: readonly string[], toolChoice: ToolChoice): string {
  const prompt = promptWith(toolChoice);
  const left = prompt.offers.filter(({ name }) => !names.includes(name));
  try {
    refuseForcedTool(prompt, left);
    return "goes on";
  } catch (thrown) {
    if (!(thrown instanceof LongstopError)) throw thrown;
    return `${thrown.status} ${thrown.code}: ${thrown.message}`;
  }
}

describe("a request that forces a tool", () => {
  it("is refused where that tool is", () => {
    const forced = { kind: "named", names: ["pay"] } as const;
    expect(refusing(["pay"], forced)).toBe(
      "400 tool_choice_refused: The request forces the tool pay, which is not allowed here. " +
        "Force another one, or leave the choice to the model.",
    );
    expect(refusing(["send"], forced)).toBe("goes on");
    expect(refusing([], forced)).toBe("goes on");
  });

  it("is refused where one of several is forced, and all of them are refused", () => {
    const forced = { kind: "named", names: ["pay", "send"] } as const;
    expect(refusing(["pay"], forced)).toBe("goes on");
    expect(refusing(["pay", "send"], forced)).toContain("pay, send");
  });

  it("is refused where any call will do, and no tool is left", () => {
    expect(refusing(["read", "send"], { kind: "required" })).toBe("goes on");
    expect(refusing(["read", "send", "pay"], { kind: "required" })).toMatch(
      /none of the tools .* Leave the choice to the model/,
    );
    for (const kind of ["auto", "none"] as const) {
      expect(refusing(["read", "send", "pay"], { kind })).toBe("goes on");
    }
  });

  it("leaves a name that is not offered to the provider", () => {
    expect(refusing(["pay"], { kind: "named", names: ["unheard_of"] })).toBe("goes on");
  });
});
