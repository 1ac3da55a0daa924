import { afterEach, beforeEach, expect, it } from "vitest";
import OpenAI from "openai";
import type { Provider } from "../../examples/provider/provider.ts";
import { startNumberedProvider } from "../proxy/support/numbered-provider.ts";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";

let provider: Provider;
let gateway: RunningGateway;
beforeEach(async () => {
  provider = await startNumberedProvider();
  gateway = await startTestGateway({
    upstreams: { openai: { url: provider.url } },
    turns: {
      mode: "enforce",
      normalise: [{ pattern: String.raw`\d{4}-\d{2}-\d{2}T[0-9:.]+Z` }, { pointer: "/metadata/request_id" }],
    },
  });
});
afterEach(async () => {
  await gateway.stop();
  await provider.close();
});

async function ask(attempt: string, now: string, question: string): Promise<string> {
  const client = new OpenAI({ baseURL: `${gateway.url}/run/r/attempt/${attempt}/v1`, apiKey: "sk-1" });
  const answer = await client.chat.completions.create({
    model: "gpt-4o",
    metadata: { request_id: `${attempt}-${now}`, agent: "weather" },
    messages: [
      { role: "system", content: `It is ${now}. You know the weather.` },
      { role: "user", content: question },
    ],
  });
  return answer.choices[0]?.message.content ?? "";
}

it("an agent that writes the time into its prompt goes on where it was, and sends what it wrote", async () => {
  expect(await ask("1", "2026-11-30T12:00:00.000Z", "How warm is it?")).toBe("Answer 1.");
  expect(await ask("2", "2026-11-30T12:05:00.000Z", "How warm is it?")).toBe("Answer 1.");
  expect(await ask("2", "2026-11-30T12:05:01.000Z", "How cold is it?")).toBe("Answer 2.");
  const sent = provider.requests.map(({ body }) => JSON.stringify(body));
  expect(sent).toHaveLength(2);
  expect(sent[1]).toContain("It is 2026-11-30T12:05:01.000Z.");
  expect(sent[1]).toContain("2-2026-11-30T12:05:01.000Z");
});
