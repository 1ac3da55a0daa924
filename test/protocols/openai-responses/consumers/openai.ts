import OpenAI from "openai";
import type { Response, ResponseInput, ResponseInputItem, Tool } from "openai/resources/responses/responses";
import type { Consumer } from "../../../conformance/protocol/consumer.ts";
import { model, question, weather } from "./weather.ts";

const tools: Tool[] = [{ type: "function", ...weather, strict: true }];

type Answer = Pick<Response, "output" | "usage">;

/** Runs one or two turns with OpenAI's SDK; `complete` is the way in which it is asked. */
function openaiConsumer(
  name: string,
  streams: boolean,
  complete: (client: OpenAI, input: ResponseInput) => Promise<Answer>,
): Consumer {
  return {
    name,
    streams,
    async ask(baseUrl, replay) {
      const client = new OpenAI({ apiKey: "sk-test", baseURL: `${baseUrl}/v1` });
      const input: ResponseInput = [{ role: "user", content: question }];
      const { output, usage } = await complete(client, input);
      const calls = output.flatMap((item) => (item.type === "function_call" ? [item] : []));
      if (replay) {
        const results = calls.map(({ call_id }): ResponseInputItem => ({
          type: "function_call_output",
          call_id,
          output: "done",
        }));
        await complete(client, [...input, ...(output as ResponseInput), ...results]);
      }
      return {
        text: output
          .flatMap((item) => (item.type === "message" ? item.content : []))
          .map((part) => (part.type === "output_text" ? part.text : part.refusal))
          .join(""),
        calls: calls.map((call) => ({ name: call.name, arguments: JSON.parse(call.arguments) as unknown })),
        outputTokens: usage?.output_tokens,
      };
    },
  };
}

/** Puts events together by hand, item by item, and believes what closes an item. */
async function joinEvents(client: OpenAI, input: ResponseInput): Promise<Answer> {
  const stream = await client.responses.create({ model, input, tools, stream: true });
  const output: Response["output"] = [];
  const pieces = new Map<number, string>();
  let last: Response | undefined;
  let number = -1;
  for await (const event of stream) {
    if (event.sequence_number <= number) throw new Error("The numbers of the events must rise.");
    number = event.sequence_number;
    if (event.type === "response.function_call_arguments.delta") {
      pieces.set(event.output_index, (pieces.get(event.output_index) ?? "") + event.delta);
    }
    if (event.type === "response.output_item.added" && event.output_index !== output.length) {
      throw new Error(`Item ${event.output_index} came in the place of item ${output.length}.`);
    }
    if (event.type === "response.output_item.done") {
      const { item } = event;
      if (item.type === "function_call" && pieces.get(event.output_index) !== item.arguments) {
        throw new Error("The pieces of a call are not its arguments.");
      }
      output[event.output_index] = item;
    }
    if (event.type === "response.completed" || event.type === "response.incomplete") last = event.response;
  }
  if (last === undefined) throw new Error("The answer never ended.");
  if (JSON.stringify(last.output) !== JSON.stringify(output))
    throw new Error("The end tells of another answer.");
  return { output, ...(last.usage === undefined ? {} : { usage: last.usage }) };
}

export const openaiConsumers: readonly Consumer[] = [
  openaiConsumer("openai create", false, (client, input) => client.responses.create({ model, input, tools })),
  openaiConsumer("openai create({ stream: true })", true, joinEvents),
  openaiConsumer("openai stream()", true, (client, input) =>
    client.responses.stream({ model, input, tools }).finalResponse(),
  ),
];
