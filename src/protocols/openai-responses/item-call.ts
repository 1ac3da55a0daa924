import type { Call } from "../../exchange/turn.ts";
import { objectOf, stringOf, type JsonObject } from "../../wire/json-value.ts";

/**
 * A call in an item. `client` is executed by the client because the model asked for it, `program` by the
 * client because code asked for it that runs at the provider, `provider` by the provider itself, or by
 * the client without an offer of its own (a shell, a computer).
 */
export interface ItemCall extends Call {
  readonly by: "client" | "program" | "provider";
  /** What the item with its result names it by. */
  readonly key: string;
}

/**
 * The name under which a tool is judged. Names repeat between namespaces. OpenAI allows letters, digits,
 * `_` and `-` in a name, so that a point between namespace and name belongs to neither:
 * https://platform.openai.com/docs/guides/function-calling
 */
export function judgedName(name: string, namespace: string | undefined): string {
  return namespace === undefined || namespace === "" ? name : `${namespace}.${name}`;
}

/** The item that a call's text stands in: `function_call` has arguments, `custom_tool_call` free text. */
export function argumentsKeyOf(type: string | undefined): "arguments" | "input" {
  return type === "custom_tool_call" ? "input" : "arguments";
}

/** The call that an item is, or undefined where it is none. */
export function callIn(item: JsonObject): ItemCall | undefined {
  const type = stringOf(item["type"]) ?? "";
  if (type === "function_call" || type === "custom_tool_call") return offeredCall(item, type);
  const id = stringOf(item["call_id"]) ?? stringOf(item["id"]) ?? "";
  if (type === "mcp_call") {
    const name = judgedName(stringOf(item["name"]) ?? "", stringOf(item["server_label"]));
    return { id, name, kind: "function", argumentsText: textOf(item["arguments"]), by: "provider", key: id };
  }
  const tool =
    /^(.+)_call$/.exec(type)?.[1] ?? (type === "program" ? "programmatic_tool_calling" : undefined);
  const asked = type === "mcp_approval_request" ? stringOf(item["name"]) : tool;
  if (asked === undefined) return undefined;
  return { id, name: asked, kind: "custom", argumentsText: "", by: "provider", key: `${type} ${id}` };
}

function offeredCall(item: JsonObject, type: string): ItemCall {
  const id = stringOf(item["call_id"]) ?? "";
  const isCustom = type === "custom_tool_call";
  return {
    id,
    name: judgedName(stringOf(item["name"]) ?? "", stringOf(item["namespace"])),
    kind: isCustom ? "custom" : "function",
    argumentsText: textOf(item[argumentsKeyOf(type)]),
    by: objectOf(item["caller"])?.["type"] === "program" ? "program" : "client",
    key: `${type} ${id}`,
  };
}

/** Arguments are a string that holds JSON; some servers put the object itself there. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The key of the call that an item answers, or undefined where it answers none. */
export function answeredKey(item: JsonObject): string | undefined {
  const type = stringOf(item["type"]) ?? "";
  if (type === "mcp_approval_response") {
    return `mcp_approval_request ${stringOf(item["approval_request_id"]) ?? ""}`;
  }
  const call = type === "tool_search_output" ? "tool_search_call" : /^(.+_call)_output$/.exec(type)?.[1];
  return call === undefined ? undefined : `${call} ${stringOf(item["call_id"]) ?? ""}`;
}

/** True where the client executes the call, because the model asked for it. */
export function isClientCall(item: JsonObject): boolean {
  return callIn(item)?.by === "client";
}
