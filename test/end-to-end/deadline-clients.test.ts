import { createOpenAI } from "@ai-sdk/openai";
import Anthropic from "@anthropic-ai/sdk";
import { ChatOpenAI } from "@langchain/openai";
import { generateText, streamText } from "ai";
import OpenAI from "openai";
import { describe, it } from "vitest";
import type { Answer } from "../../examples/provider/answer.ts";
import { startProvider } from "../../examples/provider/provider.ts";
import { startTestGateway } from "../proxy/support/running-gateway.ts";

/** Longer than the clients below have patience, and in many pieces. */
const slow: Answer = { delayMs: 3_500, text: ["It ", "is ", "21 ", "degrees."] };
const words = "It is 21 degrees.";
const user = [{ role: "user" as const, content: "How warm is it?" }];
/** Two seconds of patience: with the margin, one second until the gateway says something. */
const patienceMs = 2_500;
const deadline = { "Longstop-Deadline": "2" };

type Mode = "whole" | "stream";

interface Client {
  readonly name: string;
  /** Its text, by the retries that it makes by itself. */
  ask(mode: Mode, url: string): Promise<string>;
}

async function joined(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}

const clients: readonly Client[] = [
  {
    name: "openai",
    async ask(mode, url) {
      const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "sk-1", maxRetries: 5 });
      const body = { model: "gpt-4o", messages: user };
      const options = { timeout: patienceMs };
      if (mode === "whole") {
        const answer = await client.chat.completions.create(body, options);
        return answer.choices[0]?.message.content ?? "";
      }
      let text = "";
      const stream = await client.chat.completions.create({ ...body, stream: true }, options);
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
      return text;
    },
  },
  {
    name: "openai-responses",
    async ask(mode, url) {
      const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "sk-1", maxRetries: 5 });
      const body = { model: "gpt-4o", input: "How warm is it?" };
      const options = { timeout: patienceMs };
      if (mode === "whole") return (await client.responses.create(body, options)).output_text;
      let text = "";
      for await (const event of await client.responses.create({ ...body, stream: true }, options)) {
        if (event.type === "response.output_text.delta") text += event.delta;
      }
      return text;
    },
  },
  {
    name: "anthropic",
    async ask(mode, url) {
      const options = { baseURL: url, apiKey: "sk-1", timeout: patienceMs, maxRetries: 5 };
      const client = new Anthropic(options);
      const body = { model: "claude-sonnet-4-5", max_tokens: 100, messages: user };
      const answer =
        mode === "whole"
          ? await client.messages.create(body)
          : await client.messages.stream(body).finalMessage();
      return answer.content.flatMap((block) => (block.type === "text" ? block.text : [])).join("");
    },
  },
  {
    name: "langchain-openai",
    async ask(mode, url) {
      const configuration = { baseURL: `${url}/v1`, defaultHeaders: deadline };
      const model = new ChatOpenAI({ model: "gpt-4o", apiKey: "sk-1", maxRetries: 5, configuration });
      if (mode === "whole") return (await model.invoke("How warm is it?")).text;
      let text = "";
      for await (const chunk of await model.stream("How warm is it?")) text += chunk.text;
      return text;
    },
  },
  {
    name: "ai-sdk",
    async ask(mode, url) {
      const provided = createOpenAI({ baseURL: `${url}/v1`, apiKey: "sk-1", headers: deadline });
      const options = { model: provided.chat("gpt-4o"), prompt: "How warm is it?", maxRetries: 5 };
      if (mode === "whole") return (await generateText(options)).text;
      return joined(streamText(options).textStream);
    },
  },
];

describe.concurrent.each(clients)("$name, whose time is over before the model has answered", (client) => {
  it.for<Mode>(["whole", "stream"])(
    "is told so, and its retry gets the one answer, %s",
    { timeout: 60_000 },
    async (mode, { expect, onTestFinished }) => {
      const provider = await startProvider(() => slow);
      const gateway = await startTestGateway({
        upstreams: { openai: { url: provider.url }, anthropic: { url: provider.url } },
        turns: { mode: "enforce", graceSeconds: 10 },
      });
      onTestFinished(async () => {
        await gateway.stop();
        await provider.close();
      });
      expect(await client.ask(mode, gateway.url)).toBe(words);
      expect(provider.requests.map(({ outcome }) => outcome)).toEqual(["sent"]);
      const statuses = (): readonly unknown[] =>
        gateway.logged.filter(({ what }) => what === "exchange").map(({ fields }) => fields["status"]);
      await expect.poll(() => statuses().at(-1)).toBeDefined();
      expect(statuses().filter((status) => status === 504).length).toBeGreaterThan(0);
      expect(gateway.logged.map(({ what }) => what)).toContain("attached to the turn of an earlier request");
    },
  );
});
