import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { isObject, objects, type Json } from "../../examples/provider/answer.ts";

const program = path.join(import.meta.dirname, "node_modules/.bin/claude");
const timeLimitMs = 90_000;

/** What the user of one run of Claude Code saw, and what its tools saw. */
export interface Seen {
  readonly exitCode: number | null;
  /** The final text, or the error as Claude Code words it. */
  readonly result: string;
  readonly isError: boolean;
  /** Tool calls that Claude Code accepted from the model, by name. */
  readonly calls: readonly string[];
  /** Of those, the ones that it answered with an error itself, because they were wrong. */
  readonly wrongCalls: number;
}

/** Installs Claude Code beside this file where it is missing. Throws where that is not possible. */
export function install(say: (line: string) => void): string {
  if (!existsSync(program)) {
    say("Installing Claude Code (npm ci in test/claude-code; about 360 MB) …");
    execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: import.meta.dirname, stdio: "pipe" });
  }
  return execFileSync(program, ["--version"], { encoding: "utf8" }).trim();
}

export interface Asked {
  readonly baseUrl: string;
  readonly question: string;
  /** Where its tools work. */
  readonly folder: string;
  /** Its home: nothing of the machine's own configuration takes part. */
  readonly home: string;
}

/** Runs Claude Code once, as a program would: a question on the command line, events on stdout. */
export async function ask({ baseUrl, question, folder, home }: Asked): Promise<Seen> {
  const options = [
    "--output-format",
    "stream-json",
    "--verbose",
    "--model",
    "claude-sonnet-5-5",
    "--max-turns",
    "20",
  ];
  const child = spawn(program, ["-p", question, ...options, "--dangerously-skip-permissions"], {
    cwd: folder,
    env: {
      PATH: process.env["PATH"],
      HOME: home,
      ANTHROPIC_BASE_URL: baseUrl,
      ANTHROPIC_API_KEY: "sk-ant-of-nobody",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      // It refuses to skip questions for root unless it is told that nothing can be harmed.
      IS_SANDBOX: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { out: "", err: "" };
  child.stdout.on("data", (text) => (output.out += String(text)));
  child.stderr.on("data", (text) => (output.err += String(text)));
  const limit = setTimeout(() => child.kill("SIGKILL"), timeLimitMs);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  clearTimeout(limit);
  return seenIn(output.out, output.err, exitCode);
}

function seenIn(out: string, err: string, exitCode: number | null): Seen {
  const lines = out
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line): Json => JSON.parse(line) as Json);
  const blocks = lines.flatMap((line) =>
    objects(isObject(line["message"]) ? line["message"]["content"] : []),
  );
  const ended = lines.findLast((line) => line["type"] === "result");
  return {
    exitCode,
    result: typeof ended?.["result"] === "string" ? ended["result"] : err,
    isError: ended?.["is_error"] !== false,
    calls: blocks.filter(({ type }) => type === "tool_use").map(({ name }) => String(name)),
    wrongCalls: blocks.filter((block) => block["type"] === "tool_result" && isRefusalOfCall(block)).length,
  };
}

/** Claude Code's own words for a call that does not fit one of its tools. */
function isRefusalOfCall(block: Json): boolean {
  return (
    block["is_error"] === true && /InputValidationError|No such tool/.test(JSON.stringify(block["content"]))
  );
}
