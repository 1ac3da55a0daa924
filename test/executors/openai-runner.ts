import OpenAI from "openai";
import { chargeTool, modelName, postCharge, questionOf, startedAgain, type Executor } from "./executor.ts";

/** `runTools` ends with what a tool throws, so whoever started it starts it again, from the beginning. */
export const openaiRunner: Executor = {
  name: "runTools",
  keyed: false,
  charge: (place) =>
    startedAgain(() => {
      const client = new OpenAI({ baseURL: `${place.modelsUrl}/v1`, apiKey: "sk-test" });
      const runner = client.chat.completions.runTools({
        model: modelName.openai,
        messages: [{ role: "user", content: questionOf(place) }],
        tools: [
          {
            type: "function",
            function: {
              ...chargeTool,
              parse: (text: string) => JSON.parse(text) as Record<string, unknown>,
              function: (args: Record<string, unknown>) => postCharge(place, args),
            },
          },
        ],
      });
      return runner.finalContent();
    }),
};
