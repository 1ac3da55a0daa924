import { applyEdits, setMember, setMembers } from "../../wire/json-edit.ts";
import { elements, member, rootSpan, typeAt } from "../../wire/json-text.ts";
import type { Span } from "../../wire/json-text.ts";
import { objectOf } from "../../wire/json-value.ts";
import { eventFrame } from "../../wire/sse.ts";
import { oneLine } from "../../wire/one-line.ts";

/** A whole block as a stream tells it: how it opens, and what the deltas add, as JSON texts. */
interface Told {
  readonly opening: string;
  readonly deltas: readonly string[];
}

/**
 * The frames of a whole block. Text and input travel in one delta each: LangChain looks at nothing
 * else, and takes a call without a delta for one without arguments.
 */
export function blockFrames(block: string, index: number): Uint8Array[] {
  const { opening, deltas } = toldOf(block);
  return [
    frame("content_block_start", `"index":${index},"content_block":${opening}`),
    ...deltas.map((delta) => deltaFrame(delta, index)),
    frame("content_block_stop", `"index":${index}`),
  ];
}

/** The start of a call and its whole input. `text` is the data of the original start. */
export function rewrittenStart(text: string, index: number, input: string): Uint8Array[] {
  const root = rootSpan(text);
  const block = member(text, root, "content_block");
  const data = applyEdits(text, [
    setMember(text, root, "index", String(index)),
    ...(block === undefined ? [] : [setMember(text, block, "input", "{}")]),
  ]);
  return [eventFrame({ event: "content_block_start", data }), deltaFrame(inputDelta(input), index)];
}

/**
 * Which members come in deltas (platform.claude.com/docs/en/build-with-claude/streaming). A block of any
 * other type is whole in its start. So is a call over MCP, although the provider gives its input in
 * deltas: the AI SDK reads it nowhere else, and LangChain takes its deltas for a call of the client.
 */
function toldOf(block: string): Told {
  switch (objectOf(JSON.parse(block))?.["type"]) {
    case "text":
      return toldText(block);
    case "thinking":
      return toldThinking(block);
    case "compaction":
      return toldCompaction(block);
    case "tool_use":
    case "server_tool_use":
      return toldUse(block);
    default:
      return { opening: block, deltas: [] };
  }
}

function toldText(block: string): Told {
  const root = rootSpan(block);
  const text = filled(block, "text");
  const list = member(block, root, "citations");
  const citations = list === undefined || typeAt(block, list) !== "array" ? [] : elements(block, list);
  return {
    opening: withMembers(block, [
      ...(text === undefined ? [] : [["text", '""'] as const]),
      ...(citations.length === 0 ? [] : [["citations", "[]"] as const]),
    ]),
    deltas: [
      ...(text === undefined ? [] : [`{"type":"text_delta","text":${text}}`]),
      ...citations.map((one) => `{"type":"citations_delta","citation":${slice(block, one)}}`),
    ],
  };
}

function toldThinking(block: string): Told {
  const names = ["thinking", "signature"] as const;
  const pieces = names.flatMap((name) => {
    const json = filled(block, name);
    return json === undefined ? [] : [{ name, json }];
  });
  return {
    opening: withMembers(
      block,
      pieces.map(({ name }) => [name, '""']),
    ),
    deltas: pieces.map(({ name, json }) => `{"type":"${name}_delta","${name}":${json}}`),
  };
}

/** Its one delta has the final values. */
function toldCompaction(block: string): Told {
  const root = rootSpan(block);
  const pieces = ["content", "encrypted_content"].flatMap((name) => {
    const span = member(block, root, name);
    return span === undefined ? [] : [{ name, json: slice(block, span) }];
  });
  const values = pieces.map(({ name, json }) => `,"${name}":${json}`);
  return {
    opening: withMembers(
      block,
      pieces.map(({ name }) => [name, "null"]),
    ),
    deltas: pieces.length === 0 ? [] : [`{"type":"compaction_delta"${values.join("")}}`],
  };
}

function toldUse(block: string): Told {
  const input = member(block, rootSpan(block), "input");
  if (input === undefined) return { opening: block, deltas: [] };
  return { opening: withMembers(block, [["input", "{}"]]), deltas: [inputDelta(slice(block, input))] };
}

/** The provider gives a call without arguments one empty delta. */
function inputDelta(input: string): string {
  return JSON.stringify({ type: "input_json_delta", partial_json: input === "{}" ? "" : input });
}

/** The JSON text of a string that is not empty. */
function filled(block: string, name: string): string | undefined {
  const span = member(block, rootSpan(block), name);
  const json = span === undefined ? "" : slice(block, span);
  return json.startsWith('"') && json !== '""' ? json : undefined;
}

function deltaFrame(delta: string, index: number): Uint8Array {
  return frame("content_block_delta", `"index":${index},"delta":${delta}`);
}

function frame(type: string, rest: string): Uint8Array {
  return eventFrame({ event: type, data: oneLine(`{"type":"${type}",${rest}}`) });
}

function withMembers(text: string, values: readonly (readonly [name: string, json: string])[]): string {
  return applyEdits(text, setMembers(text, rootSpan(text), values));
}

function slice(text: string, { start, end }: Span): string {
  return text.slice(start, end);
}
