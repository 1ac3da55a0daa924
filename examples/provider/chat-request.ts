import { isObject, objects, type Fault, type Json } from "./answer.ts";

// What Chat Completions refuses, in the words that it uses. The order of calls and results is
// documented at https://platform.openai.com/docs/guides/function-calling

const namePattern = /^[a-zA-Z0-9_-]+$/;
const roles = ["system", "developer", "user", "assistant", "tool", "function"];

function refuse(message: string, param: string | null, code: string | null = null): Fault {
  return { status: 400, type: "invalid_request_error", message, param, code };
}

/** The first thing that is wrong with the request, or null. */
export function checkChat(body: Json): Fault | null {
  if (typeof body["model"] !== "string") return refuse("you must provide a model parameter", null);
  if (!Array.isArray(body["messages"])) {
    return refuse("Missing required parameter: 'messages'.", "messages", "missing_required_parameter");
  }
  if (body["messages"].length === 0) return emptyArray("messages");
  return checkChatTools(body) ?? checkRoles(body["messages"]) ?? checkPairs(objects(body["messages"]));
}

function emptyArray(param: string): Fault {
  return refuse(
    `Invalid '${param}': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
    param,
    "empty_array",
  );
}

function checkChatTools(body: Json): Fault | null {
  const tools = body["tools"];
  if (tools === undefined || tools === null) {
    for (const param of ["tool_choice", "parallel_tool_calls"]) {
      if (body[param] === undefined || body[param] === null || body[param] === "none") continue;
      return refuse(
        `Invalid value for '${param}': '${param}' is only allowed when 'tools' are specified.`,
        param,
      );
    }
    return null;
  }
  if (!Array.isArray(tools))
    return refuse("Invalid type for 'tools': expected an array.", "tools", "invalid_type");
  if (tools.length === 0) return emptyArray("tools");
  const names = objects(tools).map(toolName);
  const bad = names.findIndex((name) => name === undefined || !namePattern.test(name));
  if (bad !== -1) {
    const param = `tools[${bad}].function.name`;
    return refuse(
      `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      param,
      "invalid_value",
    );
  }
  const forced = isObject(body["tool_choice"]) ? toolName(body["tool_choice"]) : undefined;
  if (forced !== undefined && !names.includes(forced)) {
    return refuse(`Invalid value for 'tool_choice': tool '${forced}' is not in 'tools'.`, "tool_choice");
  }
  return null;
}

function toolName(tool: Json): string | undefined {
  const described = tool["function"] ?? tool["custom"];
  return isObject(described) && typeof described["name"] === "string" ? described["name"] : undefined;
}

function checkRoles(messages: readonly unknown[]): Fault | null {
  for (const [index, message] of messages.entries()) {
    if (!isObject(message)) {
      return refuse(
        `Invalid type for 'messages[${index}]': expected an object.`,
        `messages[${index}]`,
        "invalid_type",
      );
    }
    const role = message["role"];
    if (typeof role !== "string" || !roles.includes(role)) {
      const param = `messages[${index}].role`;
      return refuse(
        `Invalid value: '${String(role)}'. Supported values are: ${roles.map((one) => `'${one}'`).join(", ")}.`,
        param,
        "invalid_value",
      );
    }
    const calls = message["tool_calls"];
    if (Array.isArray(calls) && calls.length === 0) return emptyArray(`messages[${index}].tool_calls`);
    const silent = message["content"] === null || message["content"] === undefined;
    if (silent && role !== "function" && !(role === "assistant" && saysSomethingElse(message))) {
      return refuse(
        "Invalid value for 'content': expected a string, got null.",
        `messages.[${index}].content`,
      );
    }
    const fault = checkCalls(objects(calls), index);
    if (fault !== null) return fault;
  }
  return null;
}

function saysSomethingElse(message: Json): boolean {
  return ["tool_calls", "function_call", "refusal", "audio"].some(
    (key) => message[key] !== undefined && message[key] !== null,
  );
}

function checkCalls(calls: readonly Json[], message: number): Fault | null {
  const ids = new Set<unknown>();
  for (const [index, call] of calls.entries()) {
    const at = `messages[${message}].tool_calls[${index}]`;
    if (typeof call["id"] !== "string") return refuse(`Missing required parameter: '${at}.id'.`, `${at}.id`);
    if (ids.has(call["id"])) {
      return refuse(
        `Duplicate value for 'id' of '${call["id"]}' in 'messages[${message}].tool_calls'.`,
        `${at}.id`,
      );
    }
    ids.add(call["id"]);
    if (call["type"] === "custom") continue;
    const called = isObject(call["function"]) ? call["function"] : {};
    if (typeof called["name"] !== "string" || !namePattern.test(called["name"])) {
      return refuse(`Invalid '${at}.function.name': string does not match pattern.`, `${at}.function.name`);
    }
    // OpenAI takes any text here. Servers that fill a chat template with the arguments (vLLM,
    // SGLang) parse them, and fail the whole request; the strict reading is the useful one.
    if (typeof called["arguments"] !== "string" || !isJsonObject(called["arguments"])) {
      return refuse(
        `Invalid '${at}.function.arguments': expected a JSON object.`,
        `${at}.function.arguments`,
      );
    }
  }
  return null;
}

function isJsonObject(text: string): boolean {
  try {
    return isObject(JSON.parse(text));
  } catch {
    return false;
  }
}

/** An assistant message with calls is followed by one tool message for each, before anything else. */
function checkPairs(messages: readonly Json[]): Fault | null {
  let called: readonly string[] = [];
  let open = new Set<string>();
  for (const [index, message] of messages.entries()) {
    if (message["role"] === "tool") {
      const id = message["tool_call_id"];
      if (called.length === 0) {
        return refuse(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          `messages.[${index}].role`,
        );
      }
      if (typeof id !== "string" || !open.delete(id)) {
        return refuse(
          `Invalid parameter: 'tool_call_id' of '${String(id)}' not found in 'tool_calls' of previous message.`,
          `messages.[${index}].tool_call_id`,
        );
      }
      continue;
    }
    if (open.size > 0) return unanswered(open, index);
    called = objects(message["tool_calls"]).map((call) => String(call["id"]));
    open = new Set(called);
  }
  return open.size > 0 ? unanswered(open, messages.length) : null;
}

function unanswered(open: ReadonlySet<string>, index: number): Fault {
  return refuse(
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
      `The following tool_call_ids did not have response messages: ${[...open].join(", ")}`,
    `messages.[${index}].role`,
  );
}
