import { isObject, objects, type Answer, type Json, type ProtocolName } from "./answer.ts";
import { valueFor } from "./fake-arguments.ts";
import { declarations, field, repeated } from "./gemini-request.ts";
import { inputOf } from "./responses-store.ts";
import { blocksOf } from "./thinking.ts";

// What the provider says without a script: it calls a tool once, with arguments that the tool's
// schema accepts, and then answers in text. Enough to try an agent without a key.

interface Offer {
  readonly name: string;
  readonly schema: unknown;
}

export function fakeAnswer(protocol: ProtocolName, request: Json): Answer {
  if (protocol === "gemini") return fakeGemini(request);
  const messages = protocol === "openai-responses" ? inputOf(request) : objects(request["messages"]);
  const last = messages.at(-1) ?? {};
  const result = resultIn(last);
  const choice = toolChoice(request["tool_choice"]);
  const offer = offersOf(protocol, request).find(
    (one) => choice.name === undefined || one.name === choice.name,
  );
  const calls = choice.kind !== "none" && (result === undefined || choice.kind === "required");
  if (offer !== undefined && calls) {
    const input = valueFor(offer.schema);
    return { calls: [{ name: offer.name, arguments: isObject(input) ? input : {} }] };
  }
  if (result !== undefined) return { text: `The tool said: ${result}` };
  return { text: `You said: ${textIn(last)}` };
}

function fakeGemini(request: Json): Answer {
  const parts = repeated(repeated(request["contents"]).at(-1)?.["parts"]);
  const response = parts.map((part) => field(part, "functionResponse")).find(isObject);
  const config = field(request, "toolConfig");
  const calling = isObject(config) ? field(config, "functionCallingConfig") : undefined;
  const mode = isObject(calling) ? calling["mode"] : undefined;
  const allowed = isObject(calling) ? field(calling, "allowedFunctionNames") : undefined;
  const offer = declarations(request).find(
    ({ name }) => !Array.isArray(allowed) || allowed.length === 0 || allowed.includes(name),
  );
  if (offer !== undefined && mode !== "NONE" && (response === undefined || mode === "ANY")) {
    const input = valueFor(lowerCased(field(offer, "parametersJsonSchema") ?? field(offer, "parameters")));
    return { calls: [{ name: String(offer["name"]), arguments: isObject(input) ? input : {} }] };
  }
  if (response !== undefined) return { text: `The tool said: ${JSON.stringify(response["response"])}` };
  return {
    text: `You said: ${parts.map((part) => (typeof part["text"] === "string" ? part["text"] : "")).join(" ")}`,
  };
}

/** Google's own dialect of schemas writes types in capitals. */
function lowerCased(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(lowerCased);
  if (!isObject(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === "type" && typeof value === "string" ? value.toLowerCase() : lowerCased(value),
    ]),
  );
}

function offersOf(protocol: ProtocolName, request: Json): Offer[] {
  return objects(request["tools"]).flatMap((tool) => {
    if (protocol === "anthropic-messages") {
      return tool["input_schema"] === undefined
        ? []
        : [{ name: String(tool["name"]), schema: tool["input_schema"] }];
    }
    const described =
      protocol === "openai-responses" && tool["type"] === "function" ? tool : tool["function"];
    return isObject(described) ? [{ name: String(described["name"]), schema: described["parameters"] }] : [];
  });
}

/** Both protocols in one form: a name where one tool is forced. */
function toolChoice(choice: unknown): { kind: "auto" | "none" | "required"; name?: string } {
  if (choice === "none") return { kind: "none" };
  if (choice === "required") return { kind: "required" };
  if (!isObject(choice)) return { kind: "auto" };
  if (choice["type"] === "none") return { kind: "none" };
  if (choice["type"] === "any") return { kind: "required" };
  if (choice["type"] === "tool") return { kind: "required", name: String(choice["name"]) };
  const forced =
    choice["type"] === "function" && choice["function"] === undefined ? choice : choice["function"];
  return isObject(forced) ? { kind: "required", name: String(forced["name"]) } : { kind: "auto" };
}

function resultIn(message: Json): string | undefined {
  if (message["role"] === "tool") return textIn(message);
  if (message["type"] === "function_call_output") return textIn({ content: message["output"] });
  const result = blocksOf(message).find((block) => block["type"] === "tool_result");
  return result === undefined ? undefined : textIn(result);
}

function textIn(message: Json): string {
  return blocksOf(message)
    .map((block) => (typeof block["text"] === "string" ? block["text"] : ""))
    .join(" ");
}
