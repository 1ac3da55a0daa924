import { describe, expect, it } from "vitest";
import {
  answeredKey,
  argumentsKeyOf,
  callIn,
  isClientCall,
  judgedName,
} from "../../../src/protocols/openai-responses/item-call.ts";

describe("the call in an item", () => {
  it("is of a function, or free text for a custom tool", () => {
    const call = { type: "function_call", call_id: "c1", name: "f", arguments: "{}" };
    expect(callIn(call)).toMatchObject({
      id: "c1",
      name: "f",
      kind: "function",
      argumentsText: "{}",
      by: "client",
    });
    const custom = { type: "custom_tool_call", call_id: "c2", name: "sql", input: "select 1" };
    expect(callIn(custom)).toMatchObject({ kind: "custom", argumentsText: "select 1" });
    expect(argumentsKeyOf("custom_tool_call")).toBe("input");
    expect(argumentsKeyOf("function_call")).toBe("arguments");
  });

  it("is told apart by its namespace", () => {
    expect(callIn({ type: "function_call", name: "find", namespace: "crm" })?.name).toBe("crm.find");
    expect(judgedName("find", "")).toBe("find");
  });

  it("is nobody's to hold where code at the provider makes it, or the provider itself", () => {
    const program = { type: "function_call", name: "f", caller: { type: "program", caller_id: "p" } };
    expect(callIn(program)?.by).toBe("program");
    expect(isClientCall(program)).toBe(false);
    expect(isClientCall({ ...program, caller: { type: "direct" } })).toBe(true);
    expect(callIn({ type: "mcp_call", name: "get", server_label: "weather" })).toMatchObject({
      name: "weather.get",
      by: "provider",
    });
    expect(callIn({ type: "web_search_call", id: "ws_1" })).toMatchObject({
      name: "web_search",
      by: "provider",
    });
    expect(callIn({ type: "reasoning" })).toBeUndefined();
  });

  it("has the key that its result names", () => {
    for (const type of ["function_call", "custom_tool_call", "shell_call", "apply_patch_call"]) {
      expect(answeredKey({ type: `${type}_output`, call_id: "c" })).toBe(
        callIn({ type, call_id: "c", name: "f" })?.key,
      );
    }
    const asked = callIn({ type: "mcp_approval_request", id: "a", name: "delete" });
    expect(answeredKey({ type: "mcp_approval_response", approval_request_id: "a" })).toBe(asked?.key);
    expect(answeredKey({ type: "tool_search_output", call_id: "s" })).toBe(
      callIn({ type: "tool_search_call", call_id: "s" })?.key,
    );
    expect(answeredKey({ type: "message" })).toBeUndefined();
  });
});
