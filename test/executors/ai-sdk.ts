import { createOpenAI } from "@ai-sdk/openai";
import { generateText, isStepCount, jsonSchema, tool } from "ai";
import { chargeTool, modelName, postCharge, questionOf, triesMax, type Executor } from "./executor.ts";

/** What `execute` throws is a `tool-error` for the model, which asks for it again. */
export const aiSdk: Executor = {
  name: "execute",
  keyed: false,
  async charge(place) {
    const openai = createOpenAI({ baseURL: `${place.modelsUrl}/v1`, apiKey: "sk-test" });
    await generateText({
      model: openai.chat(modelName.openai),
      prompt: questionOf(place),
      tools: {
        [chargeTool.name]: tool({
          description: chargeTool.description,
          inputSchema: jsonSchema(chargeTool.parameters),
          execute: (args: unknown) => postCharge(place, args),
        }),
      },
      stopWhen: isStepCount(triesMax + 1),
    });
  },
};
