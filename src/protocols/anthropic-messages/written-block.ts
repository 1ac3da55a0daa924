import { applyEdits, setMember } from "../../wire/json-edit.ts";
import { member, rootSpan } from "../../wire/json-text.ts";
import { objectOf, stringOf } from "../../wire/json-value.ts";
import { eventFrame } from "../../wire/sse.ts";
import type { UseChange } from "./changes.ts";

/**
 * The frames of a whole block. Text and input travel in one delta each: LangChain looks at nothing
 * else, and takes a call without a delta for one without arguments.
 */
export function blockFrames(block: string, index: number, change: UseChange): Uint8Array[] {
  const fields = objectOf(JSON.parse(block)) ?? {};
  const stop = frame("content_block_stop", `"index":${index}`);
  const input = member(block, rootSpan(block), "input");
  if (input !== undefined) {
    const text = change.kind === "rewrite" ? change.input : block.slice(input.start, input.end);
    return [startFrame(withMember(block, "input", "{}"), index), inputFrame(text, index), stop];
  }
  const text = fields["type"] === "text" ? (stringOf(fields["text"]) ?? "") : "";
  if (text === "") return [startFrame(block, index), stop];
  const delta = JSON.stringify({ type: "text_delta", text });
  return [
    startFrame(withMember(block, "text", '""'), index),
    frame("content_block_delta", `"index":${index},"delta":${delta}`),
    stop,
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
  return [eventFrame({ event: "content_block_start", data }), inputFrame(input, index)];
}

function startFrame(block: string, index: number): Uint8Array {
  return frame("content_block_start", `"index":${index},"content_block":${block}`);
}

function inputFrame(input: string, index: number): Uint8Array {
  const delta = JSON.stringify({ type: "input_json_delta", partial_json: input });
  return frame("content_block_delta", `"index":${index},"delta":${delta}`);
}

function frame(type: string, rest: string): Uint8Array {
  return eventFrame({ event: type, data: `{"type":"${type}",${rest}}` });
}

function withMember(text: string, name: string, json: string): string {
  return applyEdits(text, [setMember(text, rootSpan(text), name, json)]);
}
