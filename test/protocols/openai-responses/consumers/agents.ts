import {
  Agent,
  OpenAIResponsesModel,
  run,
  setTracingDisabled,
  tool,
  type AgentInputItem,
} from "@openai/agents";
import OpenAI from "openai";
import type { Consumer } from "../../../conformance/protocol/consumer.ts";
import { model, question, weather } from "./weather.ts";

// Traces would go to OpenAI itself.
setTracingDisabled(true);

function agentsConsumer(name: string, streams: boolean): Consumer {
  return {
    name,
    streams,
    throwsAtTokenLimit: true,
    async ask(baseUrl, replay) {
      const client = new OpenAI({ apiKey: "sk-test", baseURL: `${baseUrl}/v1` });
      const agent = new Agent({
        name: "Weather",
        model: new OpenAIResponsesModel(client, model),
        tools: [
          tool({
            name: weather.name,
            description: weather.description,
            parameters: weather.parameters as typeof weather.parameters & { additionalProperties: true },
            strict: false,
            execute: () => "done",
          }),
        ],
        // One answer is looked at; the second request is made by hand.
        toolUseBehavior: "stop_on_first_tool",
      });
      const complete = async (input: AgentInputItem[]) => {
        if (!streams) return run(agent, input);
        const result = await run(agent, input, { stream: true });
        await result.completed;
        if (result.error !== undefined && result.error !== null) throw result.error;
        return result;
      };
      const first = await complete([{ role: "user", content: question }]);
      if (replay) await complete([...first.history, { role: "user", content: "Go on." }]);
      const [answer] = first.rawResponses;
      const output = answer?.output ?? [];
      return {
        text: output
          .flatMap((item) => (item.type === "message" && item.role === "assistant" ? item.content : []))
          .map((part) =>
            part.type === "output_text" ? part.text : part.type === "refusal" ? part.refusal : "",
          )
          .join(""),
        calls: output.flatMap((item) =>
          item.type === "function_call"
            ? [{ name: item.name, arguments: JSON.parse(item.arguments) as unknown }]
            : [],
        ),
        outputTokens: answer?.usage.outputTokens,
      };
    },
  };
}

export const agentsConsumers: readonly Consumer[] = [
  agentsConsumer("OpenAI Agents run", false),
  agentsConsumer("OpenAI Agents run({ stream: true })", true),
];
