import { isObject, objects, type Fault, type Json } from "./answer.ts";
import { checkItems, refuse } from "./responses-items.ts";
import { conversationOf, inputOf, type KeptResponses } from "./responses-store.ts";

// What the Responses API refuses, in the words that it uses.
// https://platform.openai.com/docs/api-reference/responses/create

const namePattern = /^[a-zA-Z0-9_-]+$/;

/** The first thing that is wrong with the request, or null. */
export function checkResponses(body: Json, kept: KeptResponses): Fault | null {
  if (typeof body["model"] !== "string") return missing("model");
  const { input, previous_response_id: previous } = body;
  const conversation = conversationOf(body);
  if (
    input === undefined &&
    previous === undefined &&
    conversation === undefined &&
    !isObject(body["prompt"])
  ) {
    return missing("input");
  }
  if (input !== undefined && typeof input !== "string" && !Array.isArray(input)) {
    return refuse(
      "Invalid type for 'input': expected one of an array of objects or string.",
      "input",
      "invalid_type",
    );
  }
  if (typeof previous === "string" && conversation !== undefined) {
    return refuse(
      "Mutually exclusive parameters: 'previous_response_id' and 'conversation' cannot be used together.",
      "conversation",
      "mutually_exclusive_parameters",
    );
  }
  if (typeof previous === "string" && kept.stored(previous) === undefined) {
    return refuse(
      `Previous response with id '${previous}' not found.`,
      "previous_response_id",
      "previous_response_not_found",
    );
  }
  return checkTools(body) ?? checkItems(inputOf(body), kept.givenTo(body), kept, body["store"] !== false);
}

function missing(param: string): Fault {
  return refuse(`Missing required parameter: '${param}'.`, param, "missing_required_parameter");
}

/** The tools of a request, those in namespaces and those that items offer on the way included. */
function toolsOf(body: Json): Json[] {
  const lists = [body, ...inputOf(body)].flatMap((holder) => objects(holder["tools"]));
  return lists.flatMap((tool) => (tool["type"] === "namespace" ? objects(tool["tools"]) : [tool]));
}

function checkTools(body: Json): Fault | null {
  const named = toolsOf(body).filter(({ type }) => type === "function" || type === "custom");
  const bad = named.findIndex(({ name }) => typeof name !== "string" || !namePattern.test(name));
  if (bad !== -1) {
    const param = `tools[${bad}].name`;
    return refuse(
      `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      param,
      "invalid_value",
    );
  }
  const choice = body["tool_choice"];
  if (choice === undefined || choice === null || choice === "auto" || choice === "none") return null;
  if (toolsOf(body).length === 0) {
    return refuse(`Tool choice '${wordOf(choice)}' must be specified with 'tools' parameter.`, "tool_choice");
  }
  const wanted = isObject(choice) && choice["type"] === "allowed_tools" ? objects(choice["tools"]) : [choice];
  for (const one of wanted) {
    if (!isObject(one) || typeof one["name"] !== "string" || one["type"] === "mcp") continue;
    if (named.some(({ name, type }) => name === one["name"] && type === one["type"])) continue;
    return refuse(`Tool choice '${wordOf(one)}' not found in 'tools' parameter.`, "tool_choice");
  }
  return null;
}

function wordOf(choice: unknown): string {
  return isObject(choice) ? String(choice["type"]) : String(choice);
}
