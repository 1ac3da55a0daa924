import { describe, expect, it } from "vitest";
import { itemShape, userText } from "../../../src/protocols/openai-responses/item-shape.ts";
import { callItem, outputItem } from "./traffic.ts";

const shape = (item: unknown) => itemShape(JSON.stringify(item));

describe("the shape of an item", () => {
  it.each([
    [{ role: "user", content: "Hi" }, "user", "text"],
    [{ role: "developer", content: "Hi" }, "system", "system"],
    [{ role: "oracle", content: "Hi" }, "user", "other"],
    [{ role: "user", content: [{ type: "input_image", file_id: "f" }] }, "user", "media"],
    [{ type: "reasoning", summary: [{ type: "summary_text", text: "Hm." }] }, "assistant", "thinking"],
    [{ type: "item_reference", id: "rs_1" }, "assistant", "thinking"],
    [{ type: "item_reference", id: "msg_1" }, "assistant", "other"],
    [callItem("c1"), "assistant", "call"],
    [callItem("c1", { caller: { type: "program", caller_id: "p" } }), "assistant", "call"],
    [{ type: "mcp_call", name: "get", arguments: "{}", output: "x" }, "assistant", "other"],
    [{ type: "something_new" }, "assistant", "other"],
    [outputItem("c1"), "tool", "result"],
    [{ type: "shell_call_output", call_id: "s", output: [] }, "tool", "result"],
    [
      { type: "computer_call_output", call_id: "s", output: { type: "computer_screenshot", image_url: "u" } },
      "tool",
      "media",
    ],
    [{ type: "mcp_approval_response", approval_request_id: "a", approve: true }, "tool", "other"],
    [{ type: "tool_search_output", call_id: "s", execution: "client", tools: [] }, "tool", "other"],
    [{ type: "tool_search_output", call_id: null, execution: "server", tools: [] }, "assistant", "other"],
    [{ type: "additional_tools", role: "developer", tools: [] }, "system", "tools"],
    [{ type: "compaction", encrypted_content: "x" }, "system", "other"],
    [{ type: "configuration_update" }, "system", "other"],
  ])("has a role and a kind: %j", (item, role, kind) => {
    expect(shape(item)).toMatchObject({ role, kind });
  });

  it("has the texts that a model reads", () => {
    expect(shape(callItem("c1")).texts).toEqual(["get_weather", '{"city":"Paris"}']);
    const output = [{ stdout: "out", stderr: "err", outcome: { type: "exit", exit_code: 0 } }];
    expect(shape({ type: "shell_call_output", call_id: "s", output }).texts).toEqual(["out", "err"]);
    expect(shape(outputItem("c1", [{ type: "input_text", text: "a" }])).texts).toEqual(["a"]);
  });

  it("says that a patch failed", () => {
    expect(shape({ type: "apply_patch_call_output", call_id: "p", status: "failed" }).isError).toBe(true);
  });

  it("is the same object for the same text", () => {
    expect(shape(callItem("same"))).toBe(shape(callItem("same")));
  });

  it("refuses what is no object", () => {
    expect(() => shape(7)).toThrow('Each element of "input" must be an object.');
  });

  it("is that of a user's message for an input that is a text", () => {
    expect(userText("Hi")).toMatchObject({ role: "user", kind: "text", texts: ["Hi"] });
  });
});
