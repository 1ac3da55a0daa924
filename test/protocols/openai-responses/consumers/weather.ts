export const model = "gpt-5.4-mini";
export const question = "What is the weather in Paris?";

export const weather = {
  name: "get_weather",
  description: "Current weather",
  parameters: {
    type: "object" as const,
    properties: { city: { type: "string" as const }, unit: { type: "string" as const } },
    required: ["city", "unit"],
    additionalProperties: false as const,
  },
};
