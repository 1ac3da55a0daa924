import OpenAI from "openai";
import { offers, system, type ChatSettings, type Client } from "./client.ts";
import { dialects } from "./dialects.ts";
import { toolLoop, type Completed } from "./tool-loop.ts";

type Item = OpenAI.Responses.ResponseInputItem;
type Params = Pick<
  OpenAI.Responses.ResponseCreateParamsNonStreaming,
  "model" | "input" | "tools" | "instructions"
>;

function openai({ url, apiKey, retriesMax, fetch }: ChatSettings): OpenAI {
  return new OpenAI({
    baseURL: `${url}/v1`,
    apiKey,
    ...(retriesMax === undefined ? {} : { maxRetries: retriesMax }),
    ...(fetch === undefined ? {} : { fetch }),
  });
}

const tools = offers.map(({ name, description, schema }) => ({
  type: "function" as const,
  name,
  description,
  parameters: schema,
  strict: false,
}));

function completed(response: OpenAI.Responses.Response): Completed<Item> {
  const { output, usage } = response;
  return {
    turn: {
      text: response.output_text,
      finish: response.status,
      inputTokens: usage?.input_tokens,
      outputTokens: usage?.output_tokens,
      whole: response,
    },
    calls: output.flatMap((item) =>
      item.type === "function_call"
        ? [{ id: item.call_id, name: item.name, arguments: JSON.parse(item.arguments) as unknown }]
        : [],
    ),
    said: output as Item[],
  };
}

type Complete = (client: OpenAI, params: Params, pieces: unknown[]) => Promise<OpenAI.Responses.Response>;

/** A client whose user writes the loop; `complete` is the way in which it asks. */
function loopClient(name: string, streams: boolean, complete: Complete): Client {
  return {
    name,
    family: "openai",
    protocol: "openai-responses",
    streams,
    open(settings) {
      const client = openai(settings);
      const model = settings.model ?? dialects["openai-responses"].model;
      return toolLoop<Item>(settings, {
        begin: () => [],
        user: (text) => ({ role: "user", content: text }),
        results: (results) =>
          results.map(({ id, text }) => ({ type: "function_call_output", call_id: id, output: text })),
        complete: async (input, pieces) =>
          completed(
            await complete(client, { model, input: [...input], tools, instructions: system }, pieces),
          ),
      });
    },
  };
}

function note(event: OpenAI.Responses.ResponseStreamEvent, pieces: unknown[]): void {
  const isCall = event.type === "response.output_item.added" && event.item.type === "function_call";
  if (isCall || event.type.startsWith("response.function_call_arguments.")) pieces.push(event);
}

/** Takes the whole response from the event that ends the stream, as an agent without the helper does. */
const lastEvent: Complete = async (client, params, pieces) => {
  const events = await client.responses.create({ ...params, stream: true });
  let last: OpenAI.Responses.ResponseStreamEvent | undefined;
  for await (const event of events) {
    note(event, pieces);
    last = event;
  }
  if (last?.type !== "response.completed" && last?.type !== "response.incomplete") {
    throw new Error("The answer never finished.");
  }
  const { response } = last;
  const texts = response.output.flatMap((item) => (item.type === "message" ? item.content : []));
  const text = texts.map((part) => (part.type === "output_text" ? part.text : "")).join("");
  return { ...response, output_text: text };
};

const helper: Complete = async (client, params, pieces) => {
  const stream = client.responses.stream(params);
  stream.on("event", (event) => note(event, pieces));
  return stream.finalResponse();
};

export const responsesClients: readonly Client[] = [
  loopClient("openai responses.create", false, (client, params) => client.responses.create(params)),
  loopClient("openai responses.create({ stream: true })", true, lastEvent),
  loopClient("openai responses.stream()", true, helper),
];
