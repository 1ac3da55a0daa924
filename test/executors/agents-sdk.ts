import { Agent, OpenAIChatCompletionsModel, run, setTracingDisabled, tool } from "@openai/agents";
import OpenAI from "openai";
import { chargeTool, modelName, postCharge, questionOf, type Executor } from "./executor.ts";

// Traces would go to OpenAI itself.
setTracingDisabled(true);

/** Tells the model "An error occurred while running the tool. Please try again." */
export const agentsSdk: Executor = {
  name: "Agents",
  keyed: false,
  async charge(place) {
    const client = new OpenAI({ baseURL: `${place.modelsUrl}/v1`, apiKey: "sk-test" });
    const { name, description, parameters } = chargeTool;
    const agent = new Agent({
      name: "Cashier",
      model: new OpenAIChatCompletionsModel(client, modelName.openai),
      tools: [
        tool({
          name,
          description,
          parameters: { ...parameters, additionalProperties: true },
          strict: false,
          execute: (args: unknown) => postCharge(place, args),
        }),
      ],
    });
    await run(agent, questionOf(place));
  },
};
