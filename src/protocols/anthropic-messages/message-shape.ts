import type { Role, Span } from "../../exchange/prompt.ts";
import type { Call } from "../../exchange/turn.ts";
import { canonicalJson } from "../../text/canonical-json.ts";
import { elements, member, parseAt, rootSpan, typeAt } from "../../wire/json-text.ts";
import { objectOf, objectsOf } from "../../wire/json-value.ts";
import { byContent } from "../../wire/by-content.ts";
import { malformed } from "../request-faults.ts";
import { readBlock } from "./blocks.ts";
import type { Block, ToolUse } from "./blocks.ts";
import { saidHash } from "./message-hash.ts";
import { offerChangesIn } from "./offer-changes.ts";
import type { OfferChange } from "./offer-changes.ts";

/** Everything derived from one message. All spans count from the start of the message. */
export interface MessageShape {
  readonly role: Role;
  readonly blocks: readonly Block[];
  /** The calls that the client executes, whoever asked for them. */
  readonly calls: readonly ToolUse[];
  /** The same, in the words of every protocol. */
  readonly asked: readonly Call[];
  readonly hasResults: boolean;
  readonly hasUserContent: boolean;
  readonly offerChanges: readonly OfferChange[];
  readonly hash: string;
}

/** Messages kept with what was found in them: 32 Mi UTF-16 units of text at most. */
const messageCharsMax = 32 * 1024 * 1024;

/** Reads one message, given as the JSON text of it. Throws `JsonTextError` or `request_malformed`. */
export const shapeOf: (message: string) => MessageShape = byContent(messageCharsMax, readMessage);

function readMessage(text: string): MessageShape {
  const root = rootSpan(text);
  const message = objectOf(parseAt(text, root));
  if (message === undefined) throw malformed("Each element of `messages` must be an object.");
  const role = roleOf(message["role"]);
  const content = member(text, root, "content");
  const blocks = content === undefined ? [] : readContent(text, content, message["content"]);
  const calls = blocks.flatMap(({ use }) => (use === undefined || use.by === "provider" ? [] : [use]));
  return {
    role,
    blocks,
    calls,
    asked: calls.map(({ id, name, inputText }) => ({ id, name, kind: "function", argumentsText: inputText })),
    hasResults: blocks.some(({ result }) => result !== undefined),
    hasUserContent: role === "user" && blocks.some(({ result }) => result === undefined),
    offerChanges: blocks.flatMap(({ span, type }) => offerChangesIn(text, span, type)),
    hash: saidHash({
      role,
      text: textIn(blocks),
      calls: calls
        .filter(({ by }) => by === "client")
        .map(({ name, inputText }) => ({ name, argumentsText: inputText })),
      results: blocks.filter(({ result }) => result !== undefined).map(({ texts }) => texts.join("")),
      rest: blocks.flatMap(restOf),
    }),
  };
}

/** The blocks at `content`, which `value` is parsed from; a string counts as one text block. */
export function readContent(text: string, content: Span, value: unknown): Block[] {
  if (typeof value === "string") return [stringBlock(text, content, value)];
  if (value === null) return [];
  if (!Array.isArray(value)) throw malformed("`content` must be a string or a list of blocks.");
  return elements(text, content).map((span, at) => {
    if (typeAt(text, span) !== "object") throw malformed("Each content block must be an object.");
    return readBlock(text, span, value[at]);
  });
}

/** The text of all text blocks, joined as the client's copy may have it. */
function textIn(blocks: readonly Block[]): string {
  return blocks.flatMap(({ type, texts }) => (type === "text" ? texts : [])).join("");
}

function stringBlock(text: string, span: Span, value: string): Block {
  const original = text.slice(span.start, span.end);
  return { span, original, type: "text", texts: [value], media: [], use: undefined, result: undefined };
}

function roleOf(role: unknown): Role {
  return role === "assistant" || role === "system" ? role : "user";
}

/** What a client cannot say in other words, so that its canonical text may stand for it. */
function restOf(block: Block): string[] {
  const changesTools = block.type === "tool_addition" || block.type === "tool_removal";
  if (block.media.length === 0 && block.type !== "document" && !changesTools) return [];
  const fields = objectOf(JSON.parse(block.original)) ?? {};
  switch (block.type) {
    case "image":
    case "document":
      return [canonicalOf(fields["source"])];
    case "tool_result":
      return mediaSources(fields["content"]);
    default:
      return [canonicalOf([fields["type"], fields["tool"]])];
  }
}

function mediaSources(content: unknown): string[] {
  return objectsOf(content)
    .filter(({ type }) => type === "image" || type === "document")
    .map(({ source }) => canonicalOf(source));
}

function canonicalOf(value: unknown): string {
  const copy = JSON.stringify(value ?? null);
  return canonicalJson(copy) ?? copy;
}
