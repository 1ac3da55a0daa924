import type { CallChange } from "../../exchange/turn.ts";
import type { Span } from "../../exchange/prompt.ts";
import { removeElements, setMember } from "../../wire/json-edit.ts";
import type { TextEdit } from "../../wire/json-edit.ts";
import { member, parseAt, typeAt } from "../../wire/json-text.ts";
import type { Release } from "../protocol.ts";
import type { ToolUse } from "./blocks.ts";
import { readContent } from "./message-shape.ts";

/** What happens to one use of a tool when its turn is released. */
export type UseChange =
  | { readonly kind: "keep" | "drop" }
  | { readonly kind: "rewrite"; readonly input: string };

const keep: UseChange = { kind: "keep" };

/**
 * Carries the decisions about a turn's calls from block to block. Feed every use of a tool in order;
 * only calls of the model count as positions.
 */
export class Decisions {
  readonly #changes: ReadonlyMap<number, CallChange>;
  #position = 0;
  #left: number;
  #dropped = 0;

  /** `left` counts the uses that the client was given before. */
  constructor(changes: readonly CallChange[], left = 0) {
    this.#changes = new Map(changes.map((change) => [change.call.position, change]));
    this.#left = left;
  }

  /** Uses that the client will execute. */
  get left(): number {
    return this.#left;
  }

  get dropped(): number {
    return this.#dropped;
  }

  of(use: ToolUse | undefined): UseChange {
    if (use === undefined || use.by === "provider") return keep;
    const change = use.by === "client" ? this.#changes.get(this.#position++) : undefined;
    if (change?.kind === "drop") {
      this.#dropped++;
      return { kind: "drop" };
    }
    this.#left++;
    return change === undefined ? keep : { kind: "rewrite", input: change.argumentsText };
  }

  /** The reason that the client is told; `max_tokens` and all others stay as they are. */
  stopReason(reason: unknown): unknown {
    return reason === "tool_use" && this.#dropped > 0 && this.#left === 0 ? "end_turn" : reason;
  }
}

/** Edits that carry the decisions out in a `content` array. */
export function contentEdits(text: string, content: Span, decisions: Decisions): TextEdit[] {
  const blocks = readContent(text, content, parseAt(text, content));
  const removed = new Set<number>();
  const edits: TextEdit[] = [];
  for (const [at, block] of blocks.entries()) {
    const change = decisions.of(block.use);
    if (change.kind === "drop") removed.add(at);
    if (change.kind === "rewrite") edits.push(setMember(text, block.span, "input", change.input));
  }
  return [
    ...edits,
    ...removeElements(
      content,
      blocks.map(({ span }) => span),
      removed,
    ),
  ];
}

/** Providers in between send `"usage":null`: what is no object has no members. */
function memberIfObject(text: string, span: Span | undefined, key: string): Span | undefined {
  return span === undefined || typeAt(text, span) !== "object" ? undefined : member(text, span, key);
}

/** Edits in the object that holds `stop_reason`, and in the `usage` beside or in it. */
export function endEdits(
  text: string,
  places: { readonly reasonIn: Span | undefined; readonly usage: Span | undefined },
  decisions: Decisions,
  release: Release,
): TextEdit[] {
  const edits: TextEdit[] = [];
  const { reasonIn, usage } = places;
  const reason = memberIfObject(text, reasonIn, "stop_reason");
  if (reason !== undefined) {
    const before = parseAt(text, reason);
    const after = decisions.stopReason(before);
    if (after !== before) edits.push({ ...reason, text: JSON.stringify(after) });
  }
  const output = memberIfObject(text, usage, "output_tokens");
  if (output !== undefined && release.addOutputTokens !== 0) {
    const tokens = parseAt(text, output);
    if (typeof tokens === "number") edits.push({ ...output, text: String(tokens + release.addOutputTokens) });
  }
  return edits;
}
