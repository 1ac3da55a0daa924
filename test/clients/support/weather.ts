import type { PlainCall } from "./client.ts";

export const paris: PlainCall = { name: "get_weather", arguments: { city: "Paris", unit: "celsius" } };
export const tokyo: PlainCall = { name: "get_time", arguments: { city: "Tokyo" } };

/** What the tools say. */
export function weatherOf({ name, arguments: args }: PlainCall): string {
  return `${name} says: ${JSON.stringify(args)} is fine.`;
}
