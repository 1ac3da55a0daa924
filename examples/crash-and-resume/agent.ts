import { createHash } from "node:crypto";
import { writeSync } from "node:fs";
import OpenAI from "openai";

// An agent as people write it: a loop around the SDK, and tools over HTTP. It keeps nothing: begun again, it
// begins at the beginning. Of Longstop it knows two URLs, and the names of its run and its attempt where it is
// told them (`longstop run` sets all four).

const { LONGSTOP_RUN, LONGSTOP_ATTEMPT, LONGSTOP_TOOLS_URL, JOB = "job", CRASH_AFTER_STEP } = process.env;

const headers: Record<string, string> = {
  ...(LONGSTOP_RUN === undefined ? {} : { "longstop-run": LONGSTOP_RUN }),
  ...(LONGSTOP_ATTEMPT === undefined ? {} : { "longstop-attempt": LONGSTOP_ATTEMPT }),
};
const client = new OpenAI({ defaultHeaders: headers });
let steps = 0;

/** Tells what this step saw, and is killed behind the one that was chosen. */
async function finished(step: string, saw: string): Promise<void> {
  tell({ step, saw: createHash("sha256").update(saw).digest("hex") });
  if ((steps += 1) !== Number(CRASH_AFTER_STEP)) return;
  process.kill(process.pid, "SIGKILL");
  await new Promise(() => {});
}

function tell(what: object): void {
  writeSync(1, `${JSON.stringify(what)}\n`);
}

const string = { type: "string" } as const;
const number = { type: "number" } as const;

/** A tool: what the model is told of it, and the path that it is at. Whatever is posted has a consequence. */
const tools = [
  { name: "list_orders", method: "GET", path: "/weather", properties: { city: string } },
  { name: "stock", method: "GET", path: "/weather", properties: { city: string } },
  { name: "charge", method: "POST", path: "/charges", properties: { order: string, amount: number } },
  { name: "email", method: "POST", path: "/emails", properties: { order: string, text: string } },
] as const;

let effects = 0;

async function call(name: string, args: string): Promise<string> {
  const tool = tools.find((one) => one.name === name);
  if (tool === undefined) throw new Error(`There is no tool ${name}.`);
  const isEffect = tool.method === "POST";
  const query = isEffect
    ? ""
    : `?${new URLSearchParams(JSON.parse(args) as Record<string, string>).toString()}`;
  const answer = await fetch(`${LONGSTOP_TOOLS_URL}/shop${tool.path}${query}`, {
    method: tool.method,
    headers: { ...headers, "content-type": "application/json", "x-operation": JOB },
    body: isEffect ? args : null,
  });
  const result = await answer.text();
  if (!answer.ok) throw new Error(`${name} ended with ${answer.status}: ${result}`);
  if (isEffect) await finished(`effect ${(effects += 1)}`, result);
  return result;
}

const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "Settle the open orders." }];
for (let turn = 1; ; turn++) {
  const stream = client.chat.completions.stream({
    model: "gpt-5.4-mini",
    messages,
    tools: tools.map(({ name, properties }) => ({
      type: "function",
      function: { name, parameters: { type: "object", properties, required: Object.keys(properties) } },
    })),
  });
  const completion = await stream.finalChatCompletion();
  const { content, tool_calls = [] } = completion.choices[0]?.message ?? {};
  const calls = tool_calls.filter((one) => one.type === "function");
  await finished(`turn ${turn}`, JSON.stringify([completion.id, content, calls]));
  if (calls.length === 0) {
    tell({ result: content });
    break;
  }
  messages.push({
    role: "assistant",
    content: content ?? null,
    tool_calls: calls.map(({ id, function: { name, arguments: args } }) => ({
      id,
      type: "function",
      function: { name, arguments: args },
    })),
  });
  for (const { id, function: wanted } of calls) {
    messages.push({ role: "tool", tool_call_id: id, content: await call(wanted.name, wanted.arguments) });
  }
}
