import Anthropic from "@anthropic-ai/sdk";
import { chargeTool, modelName, postCharge, questionOf, type Executor } from "./executor.ts";

/** `toolRunner` tells the model what a tool threw, and the model asks for it again. */
export const anthropicRunner: Executor = {
  name: "toolRunner",
  keyed: false,
  async charge(place) {
    const client = new Anthropic({ baseURL: place.modelsUrl, apiKey: "sk-test" });
    const { name, description, parameters } = chargeTool;
    await client.beta.messages
      .toolRunner({
        model: modelName.anthropic,
        max_tokens: 1000,
        messages: [{ role: "user", content: questionOf(place) }],
        tools: [
          {
            name,
            description,
            input_schema: { ...parameters, required: [...parameters.required] },
            type: "custom",
            parse: (input: unknown) => input,
            run: (input: unknown) => postCharge(place, input),
          },
        ],
      })
      .runUntilDone();
  },
};
