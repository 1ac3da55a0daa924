import { offers, system } from "../client.ts";
import { listIn, objectIn, textOf, type Json, type Read, type WireForm } from "./wire-form.ts";

function read(message: Json, finish: unknown, usage: Json, whole: unknown): Read {
  return {
    turn: {
      text: textOf(message["content"]),
      finish: textOf(finish),
      inputTokens: usage["prompt_tokens"] as number | undefined,
      outputTokens: usage["completion_tokens"] as number | undefined,
      whole,
    },
    calls: listIn(message["tool_calls"]).map((call) => {
      const { name, arguments: text } = objectIn(call["function"]);
      return { id: textOf(call["id"]), name: textOf(name), arguments: JSON.parse(textOf(text)) as unknown };
    }),
    said: [message],
  };
}

/** A message whose pieces are put together, calls by their index. */
function join(events: readonly Json[], pieces: unknown[]): { message: Json; finish: unknown } {
  const calls: { id: unknown; type: string; function: { name: unknown; arguments: string } }[] = [];
  let content = "";
  let finish: unknown;
  for (const choice of events.flatMap((event) => listIn(event["choices"]).slice(0, 1))) {
    const delta = objectIn(choice["delta"]);
    finish = choice["finish_reason"] ?? finish;
    content += textOf(delta["content"]);
    for (const piece of listIn(delta["tool_calls"])) {
      pieces.push(piece);
      const { name, arguments: text } = objectIn(piece["function"]);
      const call = (calls[Number(piece["index"])] ??= {
        id: piece["id"],
        type: "function",
        function: { name, arguments: "" },
      });
      call.function.arguments += textOf(text);
    }
  }
  const called = calls.length > 0 ? { tool_calls: calls } : {};
  return { message: { role: "assistant", content, ...called }, finish };
}

export const chatForm: WireForm = {
  path: () => "/v1/chat/completions",
  headers: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  user: (text) => ({ role: "user", content: text }),
  results: (results) => results.map(({ id, text }) => ({ role: "tool", tool_call_id: id, content: text })),
  body: (model, history, streams) => ({
    model,
    messages: [{ role: "system", content: system }, ...history],
    tools: offers.map(({ name, description, schema }) => ({
      type: "function",
      function: { name, description, parameters: schema },
    })),
    ...(streams ? { stream: true, stream_options: { include_usage: true } } : {}),
  }),
  whole(answer) {
    const choice = objectIn(listIn(answer["choices"])[0]);
    return read(objectIn(choice["message"]), choice["finish_reason"], objectIn(answer["usage"]), answer);
  },
  streamed(events, pieces) {
    const { message, finish } = join(events, pieces);
    if (finish === undefined) throw new Error("The answer never finished.");
    const usage = objectIn(events.at(-1)?.["usage"]);
    return read(message, finish, usage, message);
  },
  errorIn(body) {
    const { error } = body;
    if (error === undefined) return null;
    const { message, code } = objectIn(error);
    return { message: textOf(message), code: code ?? undefined };
  },
};
