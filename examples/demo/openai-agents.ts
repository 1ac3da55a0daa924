import OpenAI from "openai";
import { runNamed, type Agent, type AgentSettings, type SeenCall } from "./agent.ts";

const model = "gpt-5.4-mini";

function clientOf({ modelsUrl }: AgentSettings): OpenAI {
  return new OpenAI({ baseURL: `${modelsUrl}/v1`, apiKey: "sk-demo" });
}

/** A loop around `chat.completions.create`, as most people write it first. */
export function openaiCreate(settings: AgentSettings): Agent {
  const client = clientOf(settings);
  const calls: SeenCall[] = [];
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "system", content: settings.system }];
  const tools = settings.tools.map(({ name, description, parameters }) => ({
    type: "function" as const,
    function: { name, description, parameters: { ...parameters } },
  }));
  return {
    calls,
    async ask(question) {
      messages.push({ role: "user", content: question });
      for (;;) {
        const completion = await client.chat.completions.create({ model, messages, tools });
        const message = completion.choices[0]?.message;
        if (message === undefined) throw new Error("The model said nothing.");
        messages.push(message);
        const wanted = (message.tool_calls ?? []).filter((call) => call.type === "function");
        if (wanted.length === 0) return message.content ?? "";
        for (const call of wanted) {
          const args: unknown = JSON.parse(call.function.arguments);
          calls.push({ name: call.function.name, args });
          const content = await runNamed(settings.tools, call.function.name, args);
          messages.push({ role: "tool", tool_call_id: call.id, content });
        }
      }
    },
  };
}

/** The SDK's own tool runner, streaming. */
export function openaiRunner(settings: AgentSettings): Agent {
  const client = clientOf(settings);
  const calls: SeenCall[] = [];
  let messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "system", content: settings.system }];
  const tools = settings.tools.map((tool) => ({
    type: "function" as const,
    function: {
      name: tool.name,
      description: tool.description,
      parameters: tool.parameters,
      parse: (text: string) => JSON.parse(text) as Record<string, unknown>,
      function: (args: Record<string, unknown>) => {
        calls.push({ name: tool.name, args });
        return tool.run(args);
      },
    },
  }));
  return {
    calls,
    async ask(question) {
      messages.push({ role: "user", content: question });
      const runner = client.chat.completions.runTools({ model, messages, tools, stream: true });
      const said = await runner.finalContent();
      messages = runner.messages;
      return said ?? "";
    },
  };
}
