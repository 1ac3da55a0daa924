import type { Fault, Json } from "./answer.ts";
import type { KeptResponses } from "./responses-store.ts";

// The rules for the items of a request, in the provider's words:
// https://platform.openai.com/docs/guides/conversation-state and /docs/guides/reasoning

export function refuse(message: string, param: string | null, code: string | null = null): Fault {
  return { status: 400, type: "invalid_request_error", message, param, code };
}

/** Checks a request's own items, and all that the model is given, for what belongs together. */
export function checkItems(
  own: readonly Json[],
  given: readonly Json[],
  kept: KeptResponses,
  stores: boolean,
): Fault | null {
  return (
    checkForm(own) ?? checkIds(own, kept, stores) ?? checkReasoning(own, kept) ?? checkPairs(given, kept)
  );
}

function checkForm(own: readonly Json[]): Fault | null {
  for (const [index, item] of own.entries()) {
    const type = item["type"];
    if (type !== undefined && typeof type !== "string") return invalid(`input[${index}].type`);
    if ((type === undefined || type === "message") && typeof item["role"] !== "string")
      return invalid(`input[${index}]`);
    if (type === "function_call" && (typeof item["arguments"] !== "string" || !isJson(item["arguments"]))) {
      return invalid(`input[${index}].arguments`);
    }
    if (type === "custom_tool_call" && typeof item["input"] !== "string")
      return invalid(`input[${index}].input`);
    const isOutput = type === "function_call_output" || type === "custom_tool_call_output";
    if (isOutput && typeof item["output"] !== "string" && !Array.isArray(item["output"])) {
      return invalid(`input[${index}].output`);
    }
  }
  return null;
}

function invalid(param: string): Fault {
  return refuse(`Invalid value for '${param}'.`, param, "invalid_value");
}

/** OpenAI takes any text as arguments; servers that fill a chat template with them do not. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function checkIds(own: readonly Json[], kept: KeptResponses, stores: boolean): Fault | null {
  const ids = new Set<string>();
  for (const item of own) {
    const { id, type } = item;
    if (typeof id !== "string") continue;
    if (ids.has(id)) {
      return refuse(
        `Duplicate item found with id ${id}. Remove duplicate items from your input and try again.`,
        "input",
      );
    }
    ids.add(id);
    const forgotten = type === "reasoning" && typeof item["encrypted_content"] !== "string" && !stores;
    if ((type === "item_reference" && kept.storedItem(id) === undefined) || forgotten) return notFound(id);
  }
  return null;
}

function notFound(id: string): Fault {
  const message =
    `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with ` +
    "`store` set to true, or remove this item from your input.";
  return { ...refuse(message, "input"), status: 404 };
}

/** Reasoning goes with the item that followed it, and that item with its reasoning. */
function checkReasoning(own: readonly Json[], kept: KeptResponses): Fault | null {
  const items = own.map((item) => resolved(item, kept));
  const ids = new Set(items.map(({ id }) => id));
  for (const [index, item] of items.entries()) {
    const next = items[index + 1];
    if (item["type"] === "reasoning" && !follows(item, next, kept)) {
      return refuse(
        `Item '${String(item["id"])}' of type 'reasoning' was provided without its required following item.`,
        "input",
      );
    }
    const reasoning = kept.reasoningBefore(item);
    if (reasoning !== undefined && !ids.has(reasoning)) {
      return refuse(
        `Item '${String(item["id"])}' of type '${String(item["type"])}' was provided without its required ` +
          `'reasoning' item: '${reasoning}'.`,
        "input",
      );
    }
  }
  return null;
}

function resolved(item: Json, kept: KeptResponses): Json {
  if (item["type"] !== "item_reference") return item;
  return kept.storedItem(String(item["id"])) ?? item;
}

function follows(reasoning: Json, next: Json | undefined, kept: KeptResponses): boolean {
  if (next === undefined || !isOfModel(next)) return false;
  const origin = kept.responseOf(next);
  return (
    origin === undefined || kept.responseOf(reasoning) === undefined || origin === kept.responseOf(reasoning)
  );
}

function isOfModel({ type, role }: Json): boolean {
  if (type === undefined || type === "message") return role === "assistant";
  return type === "reasoning" || (typeof type === "string" && type.endsWith("_call"));
}

const outputs: Readonly<Record<string, string>> = {
  function_call: "function call",
  custom_tool_call: "custom tool call",
  shell_call: "shell call",
  apply_patch_call: "apply patch call",
};

/** Every call has its output somewhere behind it, and every output its call before it. */
function checkPairs(given: readonly Json[], kept: KeptResponses): Fault | null {
  const open = new Map<string, string>();
  for (const raw of given) {
    const item = resolved(raw, kept);
    const type = String(item["type"]);
    const key = String(item["call_id"]);
    if (outputs[type] !== undefined) open.set(`${type} ${key}`, key);
    const call = type.endsWith("_output") ? type.slice(0, -"_output".length) : "";
    const words = outputs[call];
    if (words !== undefined && !open.delete(`${call} ${key}`)) {
      return refuse(`No tool call found for ${words} output with call_id ${key}.`, "input");
    }
  }
  for (const [key, id] of open) {
    const words = outputs[key.split(" ")[0] ?? ""] ?? "";
    return refuse(`No tool output found for ${words} ${id}.`, "input");
  }
  return null;
}
