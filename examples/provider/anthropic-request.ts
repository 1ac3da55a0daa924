import { invalidRequest as refuse, isObject, objects, type Fault, type Json } from "./answer.ts";
import { checkTurns } from "./anthropic-turns.ts";
import { blocksOf, isThinking } from "./thinking.ts";

// What the Messages API refuses, in the words that it uses.
// https://platform.claude.com/docs/en/api/messages
// https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use

const versions = new Set(["2023-06-01", "2026-10-21"]);
const namePattern = /^[a-zA-Z0-9_-]{1,128}$/;

/** This provider keeps no threads. With this code the SDK's tool runner sends the whole history instead. */
const threadsUnsupported: Fault = {
  ...refuse("thread: This provider keeps no message threads. Send the full conversation without `thread`."),
  code: "thread_unsupported_request",
};

/** The first thing that is wrong with the request, or null. */
export function checkAnthropic(
  body: Json,
  {
    "anthropic-version": version,
    "anthropic-beta": betas = "",
  }: Readonly<Record<string, string | undefined>>,
): Fault | null {
  if (version === undefined) return refuse("anthropic-version: header is required");
  if (!versions.has(version)) return refuse(`anthropic-version: "${version}" is not a valid version`);
  if (typeof body["model"] !== "string") return refuse("model: Field required");
  if (!Number.isInteger(body["max_tokens"])) return refuse("max_tokens: Field required");
  if (!Array.isArray(body["messages"])) return refuse("messages: Field required");
  if (body["messages"].length === 0) return refuse("messages: at least one message is required");
  if (isObject(body["thread"])) return threadsUnsupported;
  const messages = objects(body["messages"]);
  if (messages.length !== body["messages"].length) return refuse("messages: Input should be an object");
  return (
    (version === "2026-10-21" ? checkNewVersion(body, messages) : checkOldVersion(messages, betas)) ??
    checkTools(body, messages) ??
    checkContent(body, messages) ??
    checkTurns(messages)
  );
}

/** Betas with which the old version takes system messages; Claude Code 2 sends both. */
const systemMessageBetas = /\b(?:mid-conversation-tool-changes|per-turn-control)-/;

function checkOldVersion(messages: readonly Json[], betas: string): Fault | null {
  if (systemMessageBetas.test(betas)) return null;
  const at = messages.findIndex((message) => message["role"] === "system");
  if (at === -1) return null;
  return refuse(
    'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.',
  );
}

/** Version 2026-10-21 has no sampling parameters, and no documents in what the model said. */
function checkNewVersion(body: Json, messages: readonly Json[]): Fault | null {
  for (const name of ["temperature", "top_p", "top_k"]) {
    if (body[name] !== undefined) return refuse(`${name}: Extra inputs are not permitted`);
  }
  for (const [index, message] of messages.entries()) {
    for (const [at, block] of blocksOf(message).entries()) {
      if (message["role"] === "assistant" && block["type"] === "document") {
        return refuse(
          `messages.${index}.content.${at}: \`document\` blocks are not allowed in assistant messages`,
        );
      }
      const cited = Array.isArray(block["citations"]) && block["citations"].length > 0;
      if (message["role"] === "user" && block["type"] === "text" && cited) {
        return refuse(`messages.${index}.content.${at}.text.citations: Extra inputs are not permitted`);
      }
    }
  }
  return null;
}

function checkTools(body: Json, messages: readonly Json[]): Fault | null {
  const tools = objects(body["tools"]);
  const choice = isObject(body["tool_choice"]) ? body["tool_choice"] : undefined;
  if (tools.length === 0) return checkWithoutTools(body, messages, choice);
  for (const [index, tool] of tools.entries()) {
    const fault = isCustom(tool) ? checkTool(tool, `tools.${index}.custom`) : null;
    if (fault !== null) return fault;
  }
  const names = new Set(tools.map((tool) => tool["name"]).filter((name) => name !== undefined));
  if (names.size < tools.filter((tool) => tool["name"] !== undefined).length) {
    return refuse("tools: Tool names must be unique.");
  }
  const forced = choice?.["type"] === "tool" ? String(choice["name"]) : undefined;
  if (forced !== undefined && !names.has(forced))
    return refuse(`Tool '${forced}' not found in provided tools`);
  return null;
}

function checkWithoutTools(body: Json, messages: readonly Json[], choice: Json | undefined): Fault | null {
  if (choice !== undefined && choice["type"] !== "none") {
    return refuse("tool_choice may only be specified while providing tools");
  }
  const isUsing = messages
    .flatMap(blocksOf)
    .some((block) => /^tool_(use|result)$/.test(String(block["type"])));
  if (!isUsing || objects(body["mcp_servers"]).length > 0) return null;
  return refuse("Requests which include `tool_use` or `tool_result` blocks must define tools");
}

function isCustom(tool: Json): boolean {
  return tool["type"] === undefined || tool["type"] === null || tool["type"] === "custom";
}

function checkTool(tool: Json, path: string): Fault | null {
  if (typeof tool["name"] !== "string" || !namePattern.test(tool["name"])) {
    return refuse(`${path}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
  }
  const schema = tool["input_schema"];
  if (schema === undefined) return refuse(`${path}.input_schema: Field required`);
  if (isObject(schema) && schema["type"] === "object") return null;
  return refuse(`${path}.input_schema.type: Input should be 'object'`);
}

function checkContent(body: Json, messages: readonly Json[]): Fault | null {
  const system = blocksOf({ content: body["system"] });
  if (body["system"] !== "" && system.some((block) => block["text"] === "")) {
    return refuse("system: text content blocks must be non-empty");
  }
  const blocks = messages.flatMap(blocksOf);
  const marked = [...objects(body["tools"]), ...system, ...blocks].filter((block) =>
    isObject(block["cache_control"]),
  );
  if (marked.length > 4) {
    return refuse(`A maximum of 4 blocks with cache_control may be provided. Found ${marked.length}.`);
  }
  for (const [index, message] of messages.entries()) {
    const isLast = index === messages.length - 1 && message["role"] === "assistant";
    if (blocksOf(message).length === 0 || message["content"] === "") {
      if (isLast) continue;
      return refuse(
        `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
      );
    }
    const lastText = blocksOf(message).at(-1)?.["text"];
    if (isLast && typeof lastText === "string" && /\s$/.test(lastText))
      return refuse("messages: final assistant content cannot end with trailing whitespace");
    for (const [at, block] of blocksOf(message).entries()) {
      const fault = checkBlock(block, `messages.${index}.content.${at}`);
      if (fault !== null) return fault;
    }
  }
  return null;
}

function checkBlock(block: Json, path: string): Fault | null {
  if (block["type"] === "text") return checkText(block["text"]);
  if (isThinking(block)) return checkThinking(block, path);
  if (block["type"] !== "tool_use") return null;
  if (typeof block["id"] !== "string" || !/^[a-zA-Z0-9_-]+$/.test(block["id"])) {
    return refuse(`${path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
  }
  if (typeof block["name"] !== "string") return refuse(`${path}.tool_use.name: Field required`);
  if (!isObject(block["input"])) return refuse(`${path}.tool_use.input: Input should be a valid dictionary`);
  return null;
}

function checkText(text: unknown): Fault | null {
  if (typeof text !== "string" || text === "")
    return refuse("messages: text content blocks must be non-empty");
  if (text.trim() === "") return refuse("messages: text content blocks must contain non-whitespace text");
  return null;
}

function checkThinking(block: Json, path: string): Fault | null {
  const proof = block["type"] === "thinking" ? "signature" : "data";
  if (typeof block[proof] !== "string")
    return refuse(`${path}.${String(block["type"])}.${proof}: Field required`);
  if (block["cache_control"] !== undefined && block["cache_control"] !== null) {
    return refuse(`${path}.${String(block["type"])}.cache_control: Extra inputs are not permitted`);
  }
  return null;
}
