import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { createAgent, toolRetryMiddleware, type AnyAgentMiddleware } from "langchain";
import { chargeTool, modelName, postCharge, questionOf, type Executor } from "./executor.ts";

/** `toolRetryMiddleware` calls the tool again by itself, `maxRetries` times, and then the model does. */
export const langchain: Executor = {
  name: "maxRetries",
  keyed: false,
  async charge(place) {
    const { name, description, parameters } = chargeTool;
    const agent = createAgent({
      model: new ChatOpenAI({
        model: modelName.openai,
        apiKey: "sk-test",
        configuration: { baseURL: `${place.modelsUrl}/v1` },
      }),
      tools: [tool((args: unknown) => postCharge(place, args), { name, description, schema: parameters })],
      // Its type is not written for exactOptionalPropertyTypes.
      middleware: [toolRetryMiddleware({ maxRetries: 2, initialDelayMs: 100 }) as AnyAgentMiddleware],
    });
    await agent.invoke({ messages: [{ role: "user", content: questionOf(place) }] });
  },
};
