import { parseArgs } from "node:util";
import { startToolServer, type ToolServerMode } from "./tool-server.ts";

const usage = `node examples/tool-server/main.ts [--port 9100] [--mode dumb|keyed|lookup] [--log effects.jsonl]
       [--retention-seconds 86400]

POST /charges, POST /emails, GET /weather?city=Oslo; GET /-/effects tells what was really done.`;

const modes: readonly ToolServerMode[] = ["dumb", "keyed", "lookup"];
const { values } = parseArgs({
  options: {
    port: { type: "string", default: "9100" },
    mode: { type: "string", default: "dumb" },
    log: { type: "string" },
    "retention-seconds": { type: "string", default: "86400" },
    help: { type: "boolean", default: false },
  },
});
const mode = modes.find((one) => one === values.mode);
if (values.help || mode === undefined) {
  console.log(usage);
  process.exitCode = values.help ? 0 : 2;
} else {
  const log = values.log === undefined ? {} : { log: values.log };
  const server = await startToolServer({
    port: Number(values.port),
    mode,
    retentionSeconds: Number(values["retention-seconds"]),
    ...log,
  });
  console.log(`tool server: ${server.url}`);
}
