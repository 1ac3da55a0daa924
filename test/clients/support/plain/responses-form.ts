import { offers, system } from "../client.ts";
import { listIn, objectIn, textOf, type Json, type Read, type WireForm } from "./wire-form.ts";

function read(response: Json): Read {
  const output = listIn(response["output"]);
  const usage = objectIn(response["usage"]);
  const parts = output.filter(({ type }) => type === "message").flatMap((item) => listIn(item["content"]));
  return {
    turn: {
      text: parts.map((part) => textOf(part["text"])).join(""),
      finish: textOf(response["status"]),
      inputTokens: usage["input_tokens"] as number | undefined,
      outputTokens: usage["output_tokens"] as number | undefined,
      whole: response,
    },
    calls: output
      .filter(({ type }) => type === "function_call")
      .map((item) => ({
        id: textOf(item["call_id"]),
        name: textOf(item["name"]),
        arguments: JSON.parse(textOf(item["arguments"])) as unknown,
      })),
    said: output,
  };
}

export const responsesForm: WireForm = {
  path: () => "/v1/responses",
  headers: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  user: (text) => ({ role: "user", content: text }),
  results: (results) =>
    results.map(({ id, text }) => ({ type: "function_call_output", call_id: id, output: text })),
  body: (model, history, streams) => ({
    model,
    instructions: system,
    input: history,
    tools: offers.map(({ name, description, schema }) => ({
      type: "function",
      name,
      description,
      parameters: schema,
      strict: false,
    })),
    ...(streams ? { stream: true } : {}),
  }),
  whole: read,
  streamed(events, pieces) {
    const last = events.at(-1);
    if (!/^response\.(completed|incomplete)$/.test(textOf(last?.["type"]))) {
      throw new Error("The answer never finished.");
    }
    pieces.push(...events.filter(({ type }) => textOf(type).includes("function_call")));
    return read(objectIn(last?.["response"]));
  },
  errorIn(body) {
    if (body["object"] !== undefined || (body["type"] !== undefined && body["type"] !== "error")) return null;
    const { error } = body;
    if (error === undefined) return null;
    const { message, code } = objectIn(error);
    return { message: textOf(message), code: code ?? undefined };
  },
};
