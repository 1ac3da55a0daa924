import { createHash, createHmac } from "node:crypto";
import { isObject, objects, type Fault, type Json } from "./answer.ts";

// Newer Claude models bind a thinking block to the conversation that it was thought in: system
// prompt, tools and every block before it. The signature proves it, so a block that comes back
// behind a changed history is refused, or dropped on request.
// https://platform.claude.com/docs/en/build-with-claude/extended-thinking

const secret = "longstop-example-provider";
const dropBeta = "thinking-binding-controls-2026-08-01";

export interface Dropped {
  readonly type: "thinking_dropped";
  readonly path: string;
  readonly reason: "prefix_binding_mismatch";
}

function chain(previous: string, meaning: unknown): string {
  return createHash("sha256").update(previous).update(JSON.stringify(meaning)).digest("hex");
}

export function sign(prefix: string, text: string): string {
  return createHmac("sha256", secret).update(prefix).update(text).digest("base64");
}

/**
 * Walks over what the model sees. `inTurn` covers everything before the next block, the thinking of
 * the same turn included. Thinking of earlier turns does not count: leaving it out is allowed.
 */
export class Prefix {
  #chain: string;
  #inTurn: string;
  #role = "";

  constructor(request: Json) {
    const tools = objects(request["tools"]).map((tool) => meaningOf(tool));
    this.#chain = chain(chain("", texts(request["system"])), tools);
    this.#inTurn = this.#chain;
  }

  /** Messages of one role in a row are one turn, as the API merges them. */
  role(role: string): void {
    if (role === this.#role) return;
    this.#role = role;
    this.#chain = chain(this.#chain, ["role", role]);
    this.#inTurn = this.#chain;
  }

  add(block: Json): void {
    const meaning = meaningOf(block);
    this.#inTurn = chain(this.#inTurn, meaning);
    if (!isThinking(block)) this.#chain = chain(this.#chain, meaning);
  }

  /** What a thinking block at this place is bound to. */
  get inTurn(): string {
    return this.#inTurn;
  }
}

function texts(content: unknown): unknown {
  return typeof content === "string" ? [{ type: "text", text: content }] : objects(content).map(meaningOf);
}

export function blocksOf(message: Json): Json[] {
  const content = message["content"];
  return typeof content === "string" ? [{ type: "text", text: content }] : objects(content);
}

export function isThinking(block: Json): boolean {
  return block["type"] === "thinking" || block["type"] === "redacted_thinking";
}

/** A block as the model reads it: without cache marks, signatures and what only clients see. */
function meaningOf(block: Json): Json {
  const meaning: Json = {};
  for (const key of Object.keys(block).sort()) {
    if (["cache_control", "signature", "caller", "citations"].includes(key) || block[key] === null) continue;
    if (key === "is_error" && block[key] === false) continue;
    const isResult = block["type"] === "tool_result" && key === "content";
    meaning[key] = isResult ? texts(block[key]) : block[key];
  }
  return meaning;
}

export interface BindingCheck {
  readonly fault: Fault | null;
  readonly dropped: readonly Dropped[];
  /** The request's prefix up to where the answer begins. */
  readonly prefix: Prefix;
}

/** Compares every thinking block of the request with what stands before it. */
export function checkBinding(request: Json, beta: string): BindingCheck {
  const prefix = new Prefix(request);
  const dropped: Dropped[] = [];
  const dropping = beta.includes(dropBeta) && wantsDrop(request["thinking"]);
  for (const [index, message] of objects(request["messages"]).entries()) {
    prefix.role(String(message["role"]));
    for (const [at, block] of blocksOf(message).entries()) {
      if (isThinking(block) && !isBound(prefix.inTurn, block)) {
        const path = `messages.${index}.content.${at}`;
        if (!dropping) return { fault: unbound(path, String(block["type"])), dropped, prefix };
        dropped.push({ type: "thinking_dropped", path, reason: "prefix_binding_mismatch" });
        continue;
      }
      prefix.add(block);
    }
  }
  prefix.role("assistant");
  return { fault: null, dropped, prefix };
}

function isBound(prefix: string, block: Json): boolean {
  if (block["type"] === "thinking") return block["signature"] === sign(prefix, String(block["thinking"]));
  const [sealed, proof] = String(block["data"]).split(".");
  return proof === sign(prefix, sealed ?? "");
}

/** Redacted thinking carries its proof in its own opaque text. */
export function seal(prefix: string, text: string): string {
  const sealed = Buffer.from(text).toString("base64");
  return `${sealed}.${sign(prefix, sealed)}`;
}

function wantsDrop(thinking: unknown): boolean {
  const binding = isObject(thinking) ? thinking["block_binding"] : undefined;
  return isObject(binding) && binding["prefix_mismatch_behavior"] === "drop_block";
}

function unbound(path: string, type: string): Fault {
  return {
    status: 400,
    type: "invalid_request_error",
    message:
      `${path}: Invalid \`signature\` in \`${type}\` block: this thinking block is bound to a different prefix. ` +
      "The system prompt, the tools or a message before it has changed since it was created.",
  };
}
