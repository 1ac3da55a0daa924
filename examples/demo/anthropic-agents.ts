import Anthropic from "@anthropic-ai/sdk";
import { runNamed, type Agent, type AgentSettings, type AgentTool, type SeenCall } from "./agent.ts";

const base = { model: "claude-sonnet-5-5", max_tokens: 1000 };

function clientOf({ modelsUrl }: AgentSettings): Anthropic {
  return new Anthropic({ baseURL: modelsUrl, apiKey: "sk-demo" });
}

function offerOf({ name, description, parameters }: AgentTool): Anthropic.Tool {
  return { name, description, input_schema: parameters };
}

/** A loop around `messages.create`. */
export function anthropicCreate(settings: AgentSettings): Agent {
  const client = clientOf(settings);
  const calls: SeenCall[] = [];
  const messages: Anthropic.MessageParam[] = [];
  const tools = settings.tools.map(offerOf);
  return {
    calls,
    async ask(question) {
      messages.push({ role: "user", content: question });
      for (;;) {
        const answer = await client.messages.create({ ...base, system: settings.system, messages, tools });
        messages.push({ role: "assistant", content: answer.content });
        const uses = answer.content.filter((block) => block.type === "tool_use");
        if (uses.length === 0) return textOf(answer.content);
        const results: Anthropic.ToolResultBlockParam[] = [];
        for (const use of uses) {
          calls.push({ name: use.name, args: use.input });
          const content = await runNamed(settings.tools, use.name, use.input);
          results.push({ type: "tool_result", tool_use_id: use.id, content });
        }
        messages.push({ role: "user", content: results });
      }
    },
  };
}

/** The SDK's own tool runner, streaming. It prefers message threads, and falls back to the history. */
export function anthropicRunner(settings: AgentSettings): Agent {
  const client = clientOf(settings);
  const calls: SeenCall[] = [];
  let messages: Anthropic.Beta.BetaMessageParam[] = [];
  const tools = settings.tools.map((tool) => ({
    ...offerOf(tool),
    type: "custom" as const,
    parse: (input: unknown) => input,
    run: (input: unknown) => {
      calls.push({ name: tool.name, args: input });
      return tool.run(input as Record<string, unknown>);
    },
  }));
  return {
    calls,
    async ask(question) {
      messages.push({ role: "user", content: question });
      const runner = client.beta.messages.toolRunner({
        ...base,
        system: settings.system,
        messages,
        tools,
        stream: true,
      });
      const answer = await runner.runUntilDone();
      const kept = runner.params.messages;
      messages =
        kept.at(-1)?.role === "assistant"
          ? [...kept]
          : [...kept, { role: "assistant", content: answer.content }];
      return textOf(answer.content);
    },
  };
}

function textOf(content: readonly { readonly type: string; readonly text?: unknown }[]): string {
  return content.map((block) => (block.type === "text" ? String(block.text) : "")).join("");
}
