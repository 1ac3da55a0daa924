import { invalidRequest as refuse, type Fault, type Json } from "./answer.ts";
import { blocksOf } from "./thinking.ts";

/** Messages of one role in a row: the API reads them as one. */
interface Turn {
  readonly role: string;
  /** Where the turn begins in the request. */
  readonly message: number;
  readonly blocks: { readonly block: Json; readonly path: string }[];
}

/** Roles, and calls with their results: every call is answered first thing in the next turn. */
export function checkTurns(messages: readonly Json[]): Fault | null {
  const turns = turnsOf(messages);
  if (turns[0]?.role === "assistant") return refuse('messages: first message must use the "user" role');
  const unknown = messages.findIndex((one) => !["user", "assistant", "system"].includes(String(one["role"])));
  if (unknown !== -1) return refuse(`messages.${unknown}.role: Input should be 'user' or 'assistant'`);
  const ids = new Set<string>();
  for (const [index, turn] of turns.entries()) {
    const previous = index === 0 ? undefined : turns[index - 1];
    const fault =
      checkUses(turn, turns[index + 1], ids) ?? checkResults(turn, previous) ?? checkServerTools(turn);
    if (fault !== null) return fault;
  }
  return null;
}

function turnsOf(messages: readonly Json[]): Turn[] {
  const turns: Turn[] = [];
  for (const [message, one] of messages.entries()) {
    const role = String(one["role"]);
    if (turns.at(-1)?.role !== role) turns.push({ role, message, blocks: [] });
    for (const [at, block] of blocksOf(one).entries()) {
      turns.at(-1)?.blocks.push({ block, path: `messages.${message}.content.${at}` });
    }
  }
  return turns;
}

function checkUses(turn: Turn, next: Turn | undefined, ids: Set<string>): Fault | null {
  const uses = turn.blocks.filter(({ block }) => block["type"] === "tool_use");
  for (const { block, path } of uses) {
    if (turn.role !== "assistant")
      return refuse(`${path}: \`tool_use\` blocks can only be in \`assistant\` messages`);
    const id = String(block["id"]);
    if (ids.has(id)) return refuse(`${path}: \`tool_use\` ids must be unique`);
    ids.add(id);
  }
  const answered = new Set(leadingResults(next).map(({ block }) => block["tool_use_id"]));
  const open = uses.map(({ block }) => block["id"]).filter((id) => !answered.has(id));
  if (open.length === 0) return null;
  return refuse(
    `messages.${turn.message}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(", ")}. ` +
      "Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
  );
}

/** Results count only where they come before anything else that the user says. */
function leadingResults(turn: Turn | undefined): Turn["blocks"] {
  if (turn === undefined || turn.role !== "user") return [];
  const end = turn.blocks.findIndex(({ block }) => block["type"] !== "tool_result");
  return end === -1 ? turn.blocks : turn.blocks.slice(0, end);
}

function checkResults(turn: Turn, previous: Turn | undefined): Fault | null {
  const called = new Set(
    previous?.role === "assistant"
      ? previous.blocks.filter(({ block }) => block["type"] === "tool_use").map(({ block }) => block["id"])
      : [],
  );
  const seen = new Set<unknown>();
  for (const { block, path } of turn.blocks) {
    if (block["type"] !== "tool_result") continue;
    if (turn.role !== "user")
      return refuse(`${path}: \`tool_result\` blocks can only be in \`user\` messages`);
    const id = block["tool_use_id"];
    if (!called.has(id)) {
      return refuse(
        `${path}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${String(id)}. ` +
          "Each `tool_result` block must have a corresponding `tool_use` block in the previous message.",
      );
    }
    if (seen.has(id)) {
      return refuse(
        `${path}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${String(id)}`,
      );
    }
    seen.add(id);
  }
  return null;
}

/** Tools that the provider runs have their result behind the call, in the same message. */
function checkServerTools(turn: Turn): Fault | null {
  const open = new Map<unknown, string>();
  for (const { block, path } of turn.blocks) {
    const type = String(block["type"]);
    if (type === "server_tool_use" || type === "mcp_tool_use") open.set(block["id"], path);
    if (type === "tool_result" || !type.endsWith("_tool_result")) continue;
    if (open.delete(block["tool_use_id"])) continue;
    const use = type === "mcp_tool_result" ? "mcp_tool_use" : "server_tool_use";
    return refuse(
      `${path}: unexpected \`tool_use_id\` found in \`${type}\` blocks: ${String(block["tool_use_id"])}. ` +
        `Each \`${type}\` block must have a corresponding \`${use}\` block before it.`,
    );
  }
  return null;
}
