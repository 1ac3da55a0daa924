import { createHmac, randomBytes } from "node:crypto";
import { isObject, objects, type Fault, type Json, type ScriptRequest } from "./answer.ts";

// What the Gemini API refuses, in the words that it uses.
// https://ai.google.dev/api/generate-content · https://ai.google.dev/gemini-api/docs/function-calling
// https://ai.google.dev/gemini-api/docs/thought-signatures

const namePattern = /^[a-zA-Z_][\w.-]{0,63}$/;

function refuse(message: string): Fault {
  return { status: 400, type: "INVALID_ARGUMENT", message };
}

/** A field in either spelling of protobuf JSON. */
export function field(object: Json, name: string): unknown {
  return object[name] ?? object[name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
}

/** One element of a repeated field may come without the list around it. */
export function repeated(value: unknown): Json[] {
  return isObject(value) ? [value] : objects(value);
}

/** The model of a path, and what it is asked for: whole, as a list of pieces, or as events. */
export interface GeminiAddress {
  readonly model: string;
  readonly form: "whole" | "list" | "events";
}

export function geminiAddress(path: string): GeminiAddress | null {
  const [route = "", query = ""] = path.split("?");
  const found = /\/(?:models|tunedModels|endpoints)\/([^/]+):(generateContent|streamGenerateContent)$/.exec(
    route,
  );
  if (found === null) return null;
  const [, model = "", verb] = found;
  if (verb === "generateContent") return { model, form: "whole" };
  return { model, form: new URLSearchParams(query).get("alt") === "sse" ? "events" : "list" };
}

const known = new Set(
  [
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "generationConfig",
    "safetySettings",
    "cachedContent",
  ].concat(["labels", "model", "serviceTier", "store", "continuationToken"]),
);

/** The first thing that is wrong with the request, or null. */
export function checkGemini({ parsed: body, path }: ScriptRequest): Fault | null {
  for (const name of Object.keys(body)) {
    const camel = name.replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase());
    if (!known.has(camel)) {
      return refuse(`Invalid JSON payload received. Unknown name "${name}": Cannot find field.`);
    }
  }
  const contents = repeated(body["contents"]);
  if (contents.length === 0) return refuse("* GenerateContentRequest.contents: contents is not specified\n");
  const model = geminiAddress(path)?.model ?? "";
  return (
    checkContents(contents) ?? checkTools(body) ?? checkTurns(contents) ?? checkSignatures(contents, model)
  );
}

function checkContents(contents: readonly Json[]): Fault | null {
  for (const [index, content] of contents.entries()) {
    const role = content["role"];
    if (role !== undefined && role !== "user" && role !== "model" && role !== "function") {
      return refuse("Please use a valid role: user, model.");
    }
    const parts = repeated(content["parts"]);
    if (parts.length === 0) {
      return refuse(`* GenerateContentRequest.contents[${index}].parts: contents.parts must not be empty.\n`);
    }
    for (const part of parts) {
      if (Object.keys(part).length > 0) continue;
      return refuse(
        `* GenerateContentRequest.contents[${index}].parts[0].data: required oneof field 'data' must have one initialized field\n`,
      );
    }
  }
  return null;
}

export function declarations(body: Json): Json[] {
  return repeated(body["tools"]).flatMap((tool) => repeated(field(tool, "functionDeclarations")));
}

function checkTools(body: Json): Fault | null {
  const declared = declarations(body);
  for (const declaration of declared) {
    const name = String(declaration["name"]);
    if (!namePattern.test(name)) {
      return refuse(
        "Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), " +
          "underscores (_), dots (.) or dashes (-), with a maximum length of 64.",
      );
    }
    if (
      field(declaration, "parameters") !== undefined &&
      field(declaration, "parametersJsonSchema") !== undefined
    ) {
      return refuse(
        `functionDeclaration parameters and parameters_json_schema are mutually exclusive (function \`${name}\`).`,
      );
    }
  }
  const config = field(body, "toolConfig");
  const calling = isObject(config) ? field(config, "functionCallingConfig") : undefined;
  if (!isObject(calling)) return null;
  if (declared.length === 0) return refuse("Function calling config is set without function_declarations.");
  const names = new Set(declared.map((declaration) => declaration["name"]));
  const allowed = field(calling, "allowedFunctionNames");
  const missing = Array.isArray(allowed) ? allowed.find((name) => !names.has(name)) : undefined;
  if (missing === undefined) return null;
  return refuse(`allowed_function_names must be declared in function_declarations: \`${String(missing)}\`.`);
}

interface Turn {
  readonly role: "user" | "model";
  readonly parts: readonly Json[];
}

/** Contents of one role in a row are one turn. */
function turnsOf(contents: readonly Json[]): Turn[] {
  const turns: { role: "user" | "model"; parts: Json[] }[] = [];
  for (const content of contents) {
    const role = content["role"] === "model" ? "model" : "user";
    const last = turns.at(-1);
    if (last?.role === role) last.parts.push(...repeated(content["parts"]));
    else turns.push({ role, parts: [...repeated(content["parts"])] });
  }
  return turns;
}

function callsIn(turn: Turn | undefined): readonly unknown[] {
  return (turn?.parts ?? []).flatMap((part) => field(part, "functionCall") ?? []);
}

function responsesIn(turn: Turn | undefined): readonly unknown[] {
  return (turn?.parts ?? []).flatMap((part) => field(part, "functionResponse") ?? []);
}

function checkTurns(contents: readonly Json[]): Fault | null {
  const turns = turnsOf(contents);
  for (const [index, turn] of turns.entries()) {
    const before = turns[index - 1];
    if (callsIn(turn).length > 0 && (before === undefined || turn.role !== "model")) {
      return refuse(
        "Please ensure that function call turn comes immediately after a user turn or after a function response turn.",
      );
    }
    const responses = responsesIn(turn).length;
    if (responses > 0 && callsIn(before).length === 0) {
      return refuse(
        "Please ensure that function response turn comes immediately after a function call turn.",
      );
    }
    if (callsIn(before).length !== responses) {
      return refuse(
        "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.",
      );
    }
  }
  return null;
}

/** Signatures that the documentation gives to those who have no other. */
const sentinels = new Set(["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"]);

const secret = "longstop-example-provider";

/** A signature of this provider: nothing but its being unchanged can be told from it. */
export function thoughtSignature(): string {
  const nonce = randomBytes(24);
  return Buffer.concat([nonce, proofOf(nonce)]).toString("base64");
}

function proofOf(nonce: Buffer): Buffer {
  return createHmac("sha256", secret).update(nonce).digest();
}

function isSigned(signature: string): boolean {
  const bytes = Buffer.from(signature, "base64");
  return bytes.length === 56 && proofOf(bytes.subarray(0, 24)).equals(bytes.subarray(24));
}

/**
 * From Gemini 3 on the first call of each step of the current turn needs its signature: the current turn
 * begins at the latest content of a user that is no function's response.
 */
function checkSignatures(contents: readonly Json[], model: string): Fault | null {
  const turns = turnsOf(contents);
  for (const part of turns.flatMap((turn) => turn.parts)) {
    const signature = field(part, "thoughtSignature");
    if (signature === undefined) continue;
    if (typeof signature === "string" && (sentinels.has(signature) || isSigned(signature))) continue;
    return refuse("Corrupted thought signature.");
  }
  if (!/^gemini-(?:[3-9]|\d\d)/.test(model)) return null;
  const current = turns.findLastIndex(
    (turn) =>
      turn.role === "user" && turn.parts.some((part) => field(part, "functionResponse") === undefined),
  );
  for (const turn of turns.slice(current + 1)) {
    const at = turn.parts.findIndex((part) => field(part, "functionCall") !== undefined);
    const first = turn.parts[at];
    if (turn.role !== "model" || first === undefined || field(first, "thoughtSignature") !== undefined)
      continue;
    const call = field(first, "functionCall") as Json;
    return refuse(
      "Function call is missing a thought_signature in functionCall parts. This is required for tools to work " +
        "correctly, and missing thought_signature may lead to degraded model performance. Additional data, function " +
        `call \`default_api:${String(call["name"])}\` , position ${at + 1}. Please refer to ` +
        "https://ai.google.dev/gemini-api/docs/thought-signatures for more details.",
    );
  }
  return null;
}
