import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { objects } from "../../examples/provider/answer.ts";
import { startProvider, type Provider, type ProviderRequest } from "../../examples/provider/provider.ts";
import { startTestGateway } from "../proxy/support/running-gateway.ts";
import { cases, contractFaults, type Case, type Outcome } from "./cases.ts";
import { ask, install } from "./claude.ts";

// Claude Code itself, once directly at a scripted provider and once through the gateway.

const say = (line: string): void => console.log(line);

async function outcomeOf(one: Case, provider: Provider, baseUrl: string): Promise<Outcome> {
  const folder = mkdtempSync(path.join(tmpdir(), "longstop-claude-code-"));
  const [home, work] = [path.join(folder, "home"), path.join(folder, "work")];
  mkdirSync(home);
  mkdirSync(work);
  writeFileSync(path.join(work, "note.txt"), "buy milk\n");
  const before = provider.requests.length;
  const first = { index: 0 };
  provider.play((request) =>
    offersTools(request) ? one.script({ ...request, index: first.index++ }) : { text: "A note" },
  );
  try {
    const seen = await ask({ baseUrl, question: one.question, folder: work, home });
    const asked = modelRequests(provider, before).length;
    return { ...seen, asked, cutRan: existsSync(path.join(work, "cut.txt")) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function modelRequests(provider: Provider, from: number): readonly ProviderRequest[] {
  return provider.requests
    .slice(from)
    .filter(({ path: at, ...rest }) => at.split("?")[0] === "/v1/messages" && offersTools(rest));
}

/** Claude Code also asks for titles, beside the conversation and in no order with it: without tools. */
function offersTools({ parsed }: Pick<ProviderRequest, "parsed">): boolean {
  return objects(parsed["tools"]).length > 0;
}

interface Row {
  readonly name: string;
  readonly direct: Outcome;
  readonly through: Outcome;
  readonly faults: readonly string[];
}

async function runAll(): Promise<readonly Row[]> {
  const provider = await startProvider(undefined, { bindThinking: true });
  const gateway = await startTestGateway({ upstreams: { anthropic: { url: provider.url } } });
  const rows: Row[] = [];
  try {
    for (const one of cases) {
      const atDirect = provider.requests.length;
      const direct = await outcomeOf(one, provider, provider.url);
      const atThrough = provider.requests.length;
      const through = await outcomeOf(one, provider, gateway.url);
      const [sent] = modelRequests(provider, atDirect);
      const [forwarded] = modelRequests(provider, atThrough);
      const contract =
        sent === undefined || forwarded === undefined
          ? ["nothing reached the provider"]
          : contractFaults(forwarded, sent);
      const faults = [...one.promised(through, direct), ...contract];
      rows.push({ name: one.name, direct, through, faults });
      say(rowOf(one.name, shortOf(direct), shortOf(through), faults.length === 0 ? "ok" : faults.join("; ")));
    }
  } finally {
    await gateway.stop();
    await provider.close();
  }
  return rows;
}

function shortOf({ asked, wrongCalls, isError }: Outcome): string {
  return `${asked} asked, ${wrongCalls} wrong, ${isError ? "error" : "well"}`;
}

function rowOf(name: string, direct: string, through: string, verdict: string): string {
  return `${name.padEnd(42)}${direct.padEnd(27)}${through.padEnd(27)}${verdict}`;
}

const { values } = parseArgs({ options: { json: { type: "string" } } });
let version: string;
try {
  version = install(say);
} catch (cause) {
  say(
    `Claude Code cannot be installed here: ${cause instanceof Error ? cause.message.split("\n")[0] : String(cause)}`,
  );
  process.exit(2);
}
say(`Claude Code ${version}; each case directly at the provider, then through the gateway\n`);
say(rowOf("case", "directly", "through Longstop", ""));
const rows = await runAll();
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ version, rows }, null, 2)}\n`);
process.exitCode = rows.every(({ faults }) => faults.length === 0) ? 0 : 1;
