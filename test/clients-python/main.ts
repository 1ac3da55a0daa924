import { spawn, spawnSync } from "node:child_process";
import diagnostics from "node:diagnostics_channel";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import type { Script } from "../../examples/provider/answer.ts";
import { startProvider, type Provider } from "../../examples/provider/provider.ts";
import { cellOf, wireOf, type Cell, type CellClient } from "../clients/support/cells.ts";
import { offers, system } from "../clients/support/client.ts";
import { dialects } from "../clients/support/dialects.ts";
import { faults, secret, type Fault, type FaultName, type Wire } from "../clients/support/faults.ts";
import { keyIn, Playing, startGatewayTo, urlOfNobody } from "../clients/support/playing.ts";
import { install, NotHere, python } from "./environment.ts";
import { familyOf } from "./families.ts";

// Python's clients through the real gateway: each with every kind of fault that test/clients knows.

const say = (line: string): void => console.log(line);
const program = path.join(import.meta.dirname, "clients.py");

interface PythonClient extends CellClient {
  readonly package: string;
}

interface Job {
  readonly id: number;
  readonly client: PythonClient;
  readonly fault: FaultName | null;
  readonly key: string;
  readonly url: string;
  readonly cell: Cell;
}

/** What `clients.py` says of a job. */
interface Result {
  readonly id: number;
  readonly text?: string;
  readonly throws?: string;
  readonly status?: unknown;
  readonly code?: unknown;
  readonly message?: string;
  readonly shown: string;
  readonly ran: readonly unknown[];
}

function clientsHere(): readonly PythonClient[] {
  const listed = spawnSync(python, [program, "--list"], { encoding: "utf8" });
  if (listed.status !== 0) throw new NotHere(`clients.py cannot be run here: ${listed.stderr}`);
  return JSON.parse(listed.stdout) as PythonClient[];
}

async function resultsOf(jobs: readonly Job[]): Promise<ReadonlyMap<number, Result>> {
  const child = spawn(python, [program], { stdio: ["pipe", "pipe", "inherit"] });
  const asked = jobs.map(({ id, client, key, url, fault }) => ({
    id,
    client: client.name,
    key,
    url,
    model: dialects[client.protocol].model,
    codeAt: familyOf(client.protocol).codeAt,
    retries: fault !== null && (faults[fault] as Fault).lasts === true ? 1 : null,
  }));
  child.stdin.end(JSON.stringify({ system, offers, jobs: asked }));
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  await new Promise<void>((ended) => child.once("close", () => ended()));
  const results = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Result);
  return new Map(results.map((result) => [result.id, result]));
}

/** Every way in which a cell is not as promised. */
function faultsOf(
  { seen, words, statuses, ran, sent, asked }: Cell,
  result: Result,
  counts: Counts,
): string[] {
  const wrong: string[] = [];
  for (const [name, promised] of Object.entries(seen)) {
    const found: unknown = result[name as keyof Result] ?? undefined;
    if (found !== promised) wrong.push(`${name} ${JSON.stringify(found)}, not ${JSON.stringify(promised)}`);
  }
  if (words !== undefined && !words.test(result.message ?? "")) wrong.push(`says ${result.message}`);
  if (statuses !== undefined && !statuses.includes(result.status))
    wrong.push(`status ${String(result.status)}`);
  if (JSON.stringify(result.ran) !== JSON.stringify(ran)) wrong.push(`ran ${JSON.stringify(result.ran)}`);
  if (counts.sent !== sent) wrong.push(`sent ${counts.sent} requests, not ${sent}`);
  if (counts.asked !== asked) wrong.push(`the model was asked ${counts.asked} times, not ${asked}`);
  if (result.shown.includes(secret)) wrong.push("shows what only the model may see");
  return wrong;
}

interface Counts {
  readonly sent: number;
  readonly asked: number;
}

/** Nothing wrong, and then every fault. */
function jobsOf(
  clients: readonly PythonClient[],
  urlOf: (fault: Fault | null) => string,
  play: (script: Script) => string,
): readonly Job[] {
  const jobs: Job[] = [];
  for (const client of clients) {
    const add = (fault: FaultName | null, script: Script, cell: Cell): void => {
      const url = urlOf(fault === null ? null : faults[fault]);
      jobs.push({ id: jobs.length, client, fault, key: play(script), url, cell });
    };
    add(null, [{ text: "Fine." }], { seen: { text: "Fine." }, sent: 1, asked: 1, ran: [] });
    for (const name of Object.keys(faults) as FaultName[]) {
      const wire: Wire | null = wireOf(client, name);
      if (wire === null) continue;
      const script = faults[name].play(client);
      add(name, script, cellOf(client, familyOf(client.protocol), name, wire));
    }
  }
  return jobs;
}

interface Row {
  readonly client: string;
  readonly cells: number;
  readonly faults: readonly { readonly fault: string; readonly wrong: readonly string[] }[];
}

async function runAll(clients: readonly PythonClient[]): Promise<readonly Row[]> {
  let provider: Provider | undefined;
  const playing = new Playing(() => new URL(provider?.url ?? "http://nowhere").port);
  provider = await startProvider(playing.answer, { bindThinking: true });
  const { url: direct, requests } = provider;
  const dead = { dead: { url: await urlOfNobody() } };
  const usual = await startGatewayTo(direct, dead, { hold: { preambleMs: 15_000 } });
  const impatient = await startGatewayTo(direct, {}, { timeouts: { headersMs: 1500 } });
  diagnostics.subscribe("http.server.request.start", playing.count);
  const urls = { usual: usual.url, impatient: impatient.url, dead: `${usual.url}/u/dead` };
  const urlOf = (fault: Fault | null): string => urls[(fault?.where ?? "usual") as keyof typeof urls];
  try {
    const jobs = jobsOf(clients, urlOf, (script) => playing.begin(script));
    const results = await resultsOf(jobs);
    return clients.map((client) => {
      const own = jobs.filter((job) => job.client === client);
      const found = own.map(({ id, key, fault, cell }) => {
        const result = results.get(id);
        const asked = requests.filter(({ headers }) => keyIn(headers) === key).length;
        const wrong =
          result === undefined ? ["no result"] : faultsOf(cell, result, { sent: playing.sent(key), asked });
        return { fault: fault ?? "nothing wrong", wrong };
      });
      return {
        client: client.name,
        cells: own.length,
        faults: found.filter(({ wrong }) => wrong.length > 0),
      };
    });
  } finally {
    diagnostics.unsubscribe("http.server.request.start", playing.count);
    await usual.stop();
    await impatient.stop();
    await provider.close();
  }
}

function print(rows: readonly Row[]): void {
  say(`\n${"client".padEnd(44)}${"cells".padEnd(8)}as documented`);
  for (const { client, cells, faults: wrong } of rows) {
    say(`${client.padEnd(44)}${String(cells).padEnd(8)}${cells - wrong.length}`);
    for (const { fault, wrong: how } of wrong) say(`    ${fault}: ${how.join("; ")}`);
  }
}

const { values } = parseArgs({ options: { json: { type: "string" } } });
try {
  install(say);
  const clients = clientsHere();
  if (clients.length === 0) throw new NotHere("None of the packages can be installed here.");
  const rows = await runAll(clients);
  print(rows);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
  process.exitCode = rows.every(({ faults: wrong }) => wrong.length === 0) ? 0 : 1;
} catch (cause) {
  if (!(cause instanceof NotHere)) throw cause;
  say(cause.message);
  process.exitCode = 2;
}
