import { randomBytes, randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { startBanner } from "./cli/banner.ts";
import { openLineWriter } from "./cli/line-writer.ts";
import { createLog } from "./cli/log.ts";
import { runProgram } from "./cli/program.ts";
import { userName } from "./cli/user-name.ts";
import { readVersion } from "./cli/version.ts";
import type { Config } from "./config/config.ts";
import { dutiesOf } from "./config/duties.ts";
import type { Log } from "./exchange/log.ts";
import { guards } from "./guards/index.ts";
import type { Guard, Ports } from "./guards/guard.ts";
import { stores } from "./ledger/index.ts";
import type { Ledger, LedgerPorts } from "./ledger/ledger.ts";
import { protocols } from "./protocols/index.ts";
import { Conversations } from "./proxy/conversation.ts";
import { FramingKeys } from "./proxy/framing-key.ts";
import { Gateway } from "./proxy/gateway.ts";
import { KeptVerdicts } from "./proxy/kept-verdicts.ts";
import { groupPosts, type PostEntry } from "./proxy/posts.ts";
import { listen } from "./proxy/server.ts";
import type { EngineSettings, Target, ToolTarget } from "./proxy/settings.ts";
import { Upstreams } from "./proxy/upstream.ts";

/** How often expired leases and old bodies are looked for, ms. */
const sweepEveryMs = 15_000;

export interface Running {
  readonly url: string;
  readonly port: number;
  /** Takes no new exchange, lets the running ones end within `drainSeconds`, closes everything. */
  stop(): Promise<{ readonly left: number }>;
}

/** Opens the ledger of a configuration: as its gateway, or beside one as an operator. */
export async function openLedger(config: Config, log: Log, role: LedgerPorts["role"]): Promise<Ledger> {
  const store = stores.find(({ kind }) => kind === config.ledger.kind);
  if (store === undefined) throw new RangeError(`no ledger store is called ${config.ledger.kind}`);
  return store.open(config.ledger.options, {
    now: Date.now,
    newId: randomUUID,
    report: (sentence) => log.warn("ledger", { sentence }),
    role,
  });
}

/** What is plugged into the sockets. The lists of this version, unless a test brings its own guard. */
export interface Sockets {
  readonly guards: readonly Guard[];
}

/** The id of one exchange: what the client is told, and what the log has it by. */
function newId(): string {
  return `req_${randomUUID().replaceAll("-", "")}`;
}

/** Starts a gateway: ledger, guards, engine, server. Everything with an effect is passed in here. */
export async function startGateway(
  config: Config,
  log: Log,
  version: string,
  sockets: Sockets = { guards },
): Promise<Running> {
  // Whatever fails on the way, what was opened before it is closed again, the last first.
  await using opened = new AsyncDisposableStack();
  const ledger = opened.adopt(await openLedger(config, log, "gateway"), (one) => one.close());
  const framingKeys = new FramingKeys(ledger, process.env["LONGSTOP_FRAMING_KEY"] ?? null, randomBytes);
  const entries = putOnDuty(config, sockets.guards, {
    now: Date.now,
    framingKey: (tenant) => framingKeys.key(tenant),
    report: reportOnce(log),
  });
  for (const { watcher } of entries) opened.defer(async () => watcher.close?.());
  const upstreams = opened.adopt(new Upstreams(config.timeouts), (one) => one.close());
  const gateway = new Gateway({
    settings: settingsOf(config),
    protocols,
    posts: groupPosts(entries),
    ledger,
    conversations: new Conversations(ledger, log),
    keptVerdicts: new KeptVerdicts(),
    upstreams,
    log,
    newId,
    owner: `${hostname()}:${process.pid}:${randomUUID()}`,
  });
  const { headerBytesMax } = config.limits;
  const listening = await listen(gateway, ledger, { ...config.listen, headerBytesMax, version, newId });
  const sweeping = setInterval(() => void sweep(ledger, log), sweepEveryMs);
  const running = opened.move();
  return {
    url: listening.url,
    port: listening.port,
    async stop() {
      clearInterval(sweeping);
      const closed = listening.close();
      const drained = await gateway.drain(config.drainSeconds * 1000);
      listening.closeAll();
      await closed;
      await running.disposeAsync();
      return drained;
    },
  };
}

async function sweep(ledger: Ledger, log: Log): Promise<void> {
  try {
    const { doubted, expired } = await ledger.sweep();
    if (doubted > 0) log.warn("effects in doubt", { doubted });
    if (expired > 0) log.debug("ledger swept", { expired });
  } catch (cause) {
    log.warn("ledger not swept", { cause });
  }
}

function putOnDuty(config: Config, known: readonly Guard[], ports: Ports): readonly PostEntry[] {
  return config.posts.map((post) => {
    const guard = known.find(({ name }) => name === post.guard);
    if (guard === undefined) throw new RangeError(`no guard is called ${post.guard}`);
    return {
      guard: post.guard,
      version: guard.version,
      mode: post.mode,
      onError: post.onError,
      planes: post.planes.filter((plane) => guard.planes?.includes(plane) !== false),
      optionsJson: JSON.stringify(post.options),
      watcher: guard.watch(post.options, ports),
    };
  });
}

/** Says a thing once for each subject; the memory of it is bounded. */
function reportOnce(log: Log): Ports["report"] {
  const said = new Set<string>();
  return (subject, sentence) => {
    const key = `${subject}\n${sentence}`;
    if (said.has(key)) return;
    if (said.size >= 10_000) said.clear();
    said.add(key);
    log.warn("guard report", { subject, sentence });
  };
}

function settingsOf(config: Config): EngineSettings {
  const { limits, timeouts, hold, effects, unguarded } = config;
  const upstreams = Object.entries(config.upstreams).map(
    ([name, { url }]) => [name, targetOf(name, url)] as const,
  );
  const tools = Object.entries(config.tools).map(([name, tool]): readonly [string, ToolTarget] => {
    const { url, ...rest } = tool;
    return [name, { ...targetOf(name, url), ...rest }];
  });
  return {
    limits,
    timeouts,
    hold,
    repairAttemptsMax: config.repair.attemptsMax,
    effects,
    upstreams: new Map(upstreams),
    tools: new Map(tools),
    defaultOpenai: config.defaults.openai,
    defaultAnthropic: config.defaults.anthropic,
    unguarded,
  };
}

function targetOf(name: string, url: string): Target {
  const { origin, pathname } = new URL(url);
  return { name, origin, basePath: pathname === "/" ? "" : pathname.replace(/\/$/, "") };
}

/** Runs the gateway until SIGTERM or SIGINT, then lets what runs come to its end. */
async function runGateway(config: Config, file: string | null): Promise<void> {
  const version = readVersion();
  const lines = openLineWriter(2);
  const format =
    config.log.format === "auto" ? (process.stderr.isTTY ? "pretty" : "json") : config.log.format;
  const log = createLog({ level: config.log.level, format, write: lines.write, now: Date.now });
  const gateway = await startGateway(config, log, version);
  const duties = await dutiesOf(config.posts, guards);
  const address = { host: config.listen.host, port: gateway.port };
  process.stdout.write(startBanner({ version, address, config, duties, file }));

  const signal = await new Promise<string>((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => resolve(name));
  });
  log.info("draining", { signal, drainSeconds: config.drainSeconds });
  // Whoever asks a second time does not want to wait.
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => process.exit(1));
  const { left } = await gateway.stop();
  log.info("stopped", { left });
  await lines.flush(1000);
}

/** The program: one command line in, one exit code out. */
export async function main(args: readonly string[]): Promise<number> {
  const quiet = createLog({
    level: "warn",
    format: "json",
    write: (line) => void process.stderr.write(line),
    now: Date.now,
  });
  return runProgram(
    args,
    {
      sockets: { guards, stores },
      start: runGateway,
      openLedger: (config) => openLedger(config, quiet, "operator"),
    },
    {
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
      now: Date.now,
      user: userName(process.env),
      version: readVersion(),
    },
  );
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
