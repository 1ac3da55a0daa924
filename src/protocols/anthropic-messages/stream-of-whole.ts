import { elements, parseAt, rootSpan } from "../../wire/json-text.ts";
import { numberOf, objectOf, stringOf } from "../../wire/json-value.ts";
import type { JsonObject } from "../../wire/json-value.ts";
import { memberTexts, objectText } from "../../wire/member-texts.ts";
import type { MemberTexts } from "../../wire/member-texts.ts";
import { oneLine } from "../../wire/one-line.ts";
import { eventFrame } from "../../wire/sse.ts";
import { ifReadable } from "../if-readable.ts";
import { blockFrames } from "./written-block.ts";

/** Members of a message that the delta of `message_delta` has, and that are null until then. */
const deltaMembers = ["stop_reason", "stop_sequence", "stop_details", "container", "safeguard_results"];
/** Members of a message that stand in `message_delta` itself, and are null until then. */
const endMembers = ["context_management"];
/** Counters that `message_delta` repeats, or has first. */
const endCounters = [
  "input_tokens",
  "cache_creation_input_tokens",
  "cache_read_input_tokens",
  "output_tokens",
  "output_tokens_details",
  "server_tool_use",
  "iterations",
  "fallback_credit",
];

/**
 * The stream that a whole answer would have been
 * (platform.claude.com/docs/en/build-with-claude/streaming). Null for what is no finished message.
 */
export function streamOf(answer: string): string | null {
  return ifReadable(() => {
    const root = rootSpan(answer);
    const message = objectOf(parseAt(answer, root));
    if (message === undefined || !isFinished(message)) return null;
    const told = memberTexts(answer, root);
    const usage = textsIn(told.get("usage"));
    const content = told.get("content") ?? "[]";
    const blocks = elements(content, rootSpan(content)).map(({ start, end }) => content.slice(start, end));
    return Buffer.concat([
      startFrame(told, usage),
      ...blocks.flatMap((block, index) => blockFrames(block, index)),
      endFrame(told, usage),
      event("message_stop", []),
    ]).toString("utf8");
  });
}

/** The SDKs read the usage of a stream without asking whether there is one. */
function isFinished({ type, stop_reason: reason, content, usage }: JsonObject): boolean {
  return (
    type === "message" &&
    stringOf(reason) !== undefined &&
    numberOf(objectOf(usage)?.["output_tokens"]) !== undefined &&
    Array.isArray(content) &&
    content.every((block) => isBlock(objectOf(block)))
  );
}

function isBlock(block: JsonObject | undefined): boolean {
  const isUse = block?.["type"] === "tool_use" || block?.["type"] === "server_tool_use";
  return block !== undefined && (!isUse || objectOf(block["input"]) !== undefined);
}

/**
 * The message before its first block. LangChain adds up the output tokens of both events that tell
 * them, so that here there are none.
 */
function startFrame(told: MemberTexts, usage: MemberTexts): Uint8Array {
  const opened = new Map(told);
  for (const name of [...deltaMembers, ...endMembers]) if (opened.has(name)) opened.set(name, "null");
  opened.set("content", "[]");
  opened.set("usage", objectText(new Map(usage).set("output_tokens", "0")));
  return event("message_start", [`"message":${objectText(opened)}`]);
}

function endFrame(told: MemberTexts, usage: MemberTexts): Uint8Array {
  return event("message_delta", [
    `"delta":${objectText(named(told, deltaMembers))}`,
    `"usage":${objectText(named(usage, endCounters))}`,
    ...Array.from(named(told, endMembers), ([name, json]) => `"${name}":${json}`),
  ]);
}

/** Those of the members that have one of these names. */
function named(told: MemberTexts, names: readonly string[]): MemberTexts {
  return new Map([...told].filter(([name]) => names.includes(name)));
}

function textsIn(object: string | undefined): MemberTexts {
  return object === undefined ? new Map<string, string>() : memberTexts(object, rootSpan(object));
}

function event(type: string, rest: readonly string[]): Uint8Array {
  return eventFrame({ event: type, data: oneLine(`{${[`"type":"${type}"`, ...rest].join(",")}}`) });
}
