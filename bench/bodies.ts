// Bodies as agents send them: a system prompt, tools with schemas, and a history of text, calls and
// results. Made by rule, so that every machine measures the same bytes.

const words =
  "the gateway reads each request once and holds every tool call until it is whole because a framework that meets half a call will run it ".split(
    " ",
  );

function prose(length: number, seed: number): string {
  let text = "";
  for (let i = seed; text.length < length; i += 7)
    text += `${words[(i * i + seed) % words.length] ?? "and"} `;
  return text.slice(0, length);
}

function tool(index: number): unknown {
  return {
    type: "function",
    function: {
      name: index === 0 ? "get_weather" : `look_up_${index}`,
      description: prose(160, index),
      parameters: {
        type: "object",
        properties: {
          city: { type: "string", description: prose(60, index + 3) },
          unit: { type: "string", enum: ["celsius", "fahrenheit"] },
          days: { type: "integer", minimum: 1, maximum: 14 },
        },
        required: ["city"],
      },
    },
  };
}

function round(index: number, resultLength: number): unknown[] {
  const id = `call_${index}`;
  const args = JSON.stringify({ city: `City ${index}`, unit: "celsius", days: (index % 14) + 1 });
  const rows = Array.from({ length: 8 }, (_, day) => ({
    day,
    low: day - 3,
    high: day + 9,
    note: prose(40, index + day),
  }));
  return [
    {
      role: "assistant",
      content: prose(120, index),
      tool_calls: [{ id, type: "function", function: { name: "get_weather", arguments: args } }],
    },
    { role: "tool", tool_call_id: id, content: JSON.stringify({ rows, text: prose(resultLength, index) }) },
  ];
}

/**
 * A chat request of about `bytes` bytes, always with tools and, from 10 KB on, with a long history.
 * With `extra` it has further fields.
 */
export function requestBody(bytes: number, extra: Readonly<Record<string, unknown>> = {}): string {
  const tools = Array.from({ length: bytes < 10_000 ? 1 : bytes < 500_000 ? 10 : 20 }, (_, i) => tool(i));
  const head = [
    { role: "system", content: prose(bytes < 10_000 ? 340 : 2000, 1) },
    { role: "user", content: "What is the weather like in the cities on my list?" },
  ];
  const model = "gpt-4.1";
  const messages: unknown[] = [...head];
  let size = JSON.stringify({ model, messages, tools }).length;
  const resultLength = bytes < 500_000 ? 1400 : 3600;
  for (let i = 0; size + resultLength + 1200 < bytes; i++) {
    const added = round(i, resultLength);
    messages.push(...added);
    size += JSON.stringify(added).length;
  }
  return JSON.stringify({ model, ...extra, messages, tools });
}

/** The answer of the mock model: one valid call. */
export const answerBody = JSON.stringify({
  id: "chatcmpl-bench",
  object: "chat.completion",
  created: 1_790_000_000,
  model: "gpt-4.1",
  choices: [
    {
      index: 0,
      message: {
        role: "assistant",
        content: prose(400, 5),
        tool_calls: [
          {
            id: "call_bench",
            type: "function",
            function: { name: "get_weather", arguments: '{"city":"Oslo","unit":"celsius","days":3}' },
          },
        ],
      },
      finish_reason: "tool_calls",
    },
  ],
  usage: { prompt_tokens: 900, completion_tokens: 100, total_tokens: 1000 },
});
