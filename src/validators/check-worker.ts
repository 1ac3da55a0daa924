// Runs in a thread of its own, with a heap of its own: compiles and checks what may be too much for
// the gateway's. It knows no caller and keeps nothing but compiled schemas.
import { parentPort } from "node:worker_threads";
import { compileCheck, type SchemaCheck } from "./schema-check.ts";
import { BrokenSchema, type Schema } from "./schema.ts";
import type { CheckAnswer, CheckRequest } from "./confined-check.ts";

const checksMax = 16;
const checks = new Map<string, SchemaCheck>();

function checkFor(request: CheckRequest): SchemaCheck {
  const known = checks.get(request.key);
  if (known !== undefined) return known;
  const compiled = compileCheck(JSON.parse(request.targets) as Schema[], new Set(request.formats));
  const oldest = checks.size >= checksMax ? checks.keys().next().value : undefined;
  if (oldest !== undefined) checks.delete(oldest);
  checks.set(request.key, compiled);
  return compiled;
}

function answer(request: CheckRequest): CheckAnswer {
  try {
    return { kind: "checked", error: checkFor(request)(JSON.parse(request.text)) };
  } catch (thrown) {
    if (thrown instanceof BrokenSchema) return { kind: "broken", why: thrown.message };
    return { kind: "failed", why: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

parentPort?.on("message", (request: CheckRequest) => parentPort?.postMessage(answer(request), []));
parentPort?.postMessage("ready", []);
