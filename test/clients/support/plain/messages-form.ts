import { offers, system } from "../client.ts";
import { listIn, objectIn, textOf, type Json, type Read, type WireForm } from "./wire-form.ts";

function read(content: readonly Json[], stop: unknown, usage: Json, whole: unknown): Read {
  return {
    turn: {
      text: content.map((block) => (block["type"] === "text" ? textOf(block["text"]) : "")).join(""),
      finish: textOf(stop),
      inputTokens: usage["input_tokens"] as number | undefined,
      outputTokens: usage["output_tokens"] as number | undefined,
      whole,
    },
    calls: content
      .filter(({ type }) => type === "tool_use")
      .map(({ id, name, input }) => ({ id: textOf(id), name: textOf(name), arguments: input })),
    said: [{ role: "assistant", content }],
  };
}

/** Blocks in the order of their arrival, each put together from its pieces. */
function join(events: readonly Json[], pieces: unknown[]): Json[] {
  const blocks: Record<string, unknown>[] = [];
  let input = "";
  for (const event of events) {
    const block = blocks.at(-1) ?? {};
    if (event["type"] === "content_block_start") {
      if (event["index"] !== blocks.length) throw new Error("A block has the index of another.");
      const opened = objectIn(event["content_block"]);
      if (opened["type"] === "tool_use") pieces.push(event);
      blocks.push({ ...opened });
      input = "";
    }
    if (event["type"] === "content_block_stop" && block["type"] === "tool_use") {
      block["input"] = input === "" ? {} : (JSON.parse(input) as unknown);
    }
    if (event["type"] !== "content_block_delta") continue;
    const delta = objectIn(event["delta"]);
    input += textOf(delta["partial_json"]);
    for (const name of ["text", "thinking", "signature"]) {
      if (name in delta) block[name] = textOf(block[name]) + textOf(delta[name]);
    }
  }
  return blocks;
}

export const messagesForm: WireForm = {
  path: () => "/v1/messages",
  headers: (apiKey) => ({ "x-api-key": apiKey, "anthropic-version": "2023-06-01" }),
  user: (text) => ({ role: "user", content: text }),
  results: (results) => [
    {
      role: "user",
      content: results.map(({ id, text }) => ({ type: "tool_result", tool_use_id: id, content: text })),
    },
  ],
  body: (model, history, streams) => ({
    model,
    max_tokens: 1024,
    system,
    messages: history,
    tools: offers.map(({ name, description, schema }) => ({ name, description, input_schema: schema })),
    ...(streams ? { stream: true } : {}),
  }),
  whole: (answer) =>
    read(listIn(answer["content"]), answer["stop_reason"], objectIn(answer["usage"]), answer),
  streamed(events, pieces) {
    if (events.at(-1)?.["type"] !== "message_stop") throw new Error("The answer never finished.");
    const end = objectIn(events.find(({ type }) => type === "message_delta"));
    const blocks = join(events, pieces);
    return read(blocks, objectIn(end["delta"])["stop_reason"], objectIn(end["usage"]), blocks);
  },
  errorIn(body) {
    if (body["type"] !== "error") return null;
    const { message, details } = objectIn(body["error"]);
    return { message: textOf(message), code: objectIn(details)["error_code"] };
  },
};
