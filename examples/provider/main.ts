import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Answer } from "./answer.ts";
import { startProvider } from "./provider.ts";

const usage = `node examples/provider/main.ts [--port 9000] [--script answers.json] [--bind-thinking]

Answers Chat Completions, Responses, the Messages API and the Gemini API without a key. A script is a JSON list of answers,
such as [{"text": "Hello."}, {"calls": [{"name": "charge", "arguments": {"amount": 5}}]}]; without
one it calls a tool once and then answers in text.`;

function readScript(file: string): readonly Answer[] {
  const script: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!Array.isArray(script)) throw new Error(`${file} must be a JSON list of answers.`);
  return script as readonly Answer[];
}

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "9000" },
    script: { type: "string" },
    "bind-thinking": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(usage);
} else {
  const script = values.script === undefined ? undefined : readScript(values.script);
  const provider = await startProvider(script, {
    port: Number(values.port),
    bindThinking: values["bind-thinking"],
  });
  console.log(`provider: ${provider.url}`);
}
