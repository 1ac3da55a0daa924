import { randomBytes, randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { createLog } from "./cli/log.ts";
import { runProgram } from "./cli/program.ts";
import { runGateway } from "./cli/run-gateway.ts";
import { userName } from "./cli/user-name.ts";
import { readVersion } from "./cli/version.ts";
import { isLoopback } from "./config/address.ts";
import { checkInForce, openArgumentCheck } from "./config/argument-checks.ts";
import type { ApiKeyConfig, Config } from "./config/config.ts";
import { deadlineTerms } from "./config/deadline-terms.ts";
import { turnTerms } from "./config/turn-terms.ts";
import { noSecrets, type Secrets } from "./config/secrets.ts";
import { servicesAt } from "./config/service-hosts.ts";
import { keyRulesOf } from "./config/turn-rules.ts";
import type { Log } from "./exchange/log.ts";
import { guards } from "./guards/index.ts";
import { costByPosts } from "./guards/run-limits/cost.ts";
import type { Guard } from "./guards/guard.ts";
import { stores } from "./ledger/index.ts";
import type { Ledger } from "./ledger/ledger.ts";
import type { LedgerPorts } from "./ledger/ledger-store.ts";
import { openLedger as openStore } from "./ledger/open.ts";
import { protocols } from "./protocols/index.ts";
import { listenAdmin } from "./proxy/admin.ts";
import { systemChance, systemClock } from "./proxy/clock.ts";
import type { Engine } from "./proxy/engine.ts";
import { FramingKeys } from "./proxy/framing-key.ts";
import { newExchangeId } from "./proxy/exchange-id.ts";
import { Gateway } from "./proxy/gateway.ts";
import { memoryOf } from "./proxy/memory.ts";
import { groupPosts } from "./proxy/posts.ts";
import { reportOnce } from "./proxy/report-once.ts";
import { RunningExchanges } from "./proxy/running-exchanges.ts";
import { Retiring, type Leftover } from "./proxy/retiring.ts";
import { Roster, type Shift } from "./proxy/roster.ts";
import { listen, type Listening, type ListenOptions } from "./proxy/server.ts";
import type { EngineSettings, ProxyHop, Target, ToolTarget } from "./proxy/settings.ts";
import { inSlices } from "./proxy/slices.ts";
import { startSweeping } from "./proxy/sweeping.ts";
import { Tenancy, tenantsOf, TenantUse } from "./proxy/tenancy.ts";
import { newTimeOrderedId } from "./proxy/time-ordered-id.ts";
import { normaliserOf } from "./proxy/turns/normalised.ts";
import { accountKeyOf } from "./proxy/turns/turn-key.ts";
import { Upstreams } from "./proxy/upstream.ts";
import { Versions, versionOf } from "./proxy/versions.ts";
import type { ArgumentCheck } from "./validators/argument-check.ts";

export interface Running {
  readonly url: string;
  readonly port: number;
  /** Where the operator's port is open, or null. */
  readonly adminUrl: string | null;
  /** Gives new exchanges another configuration; running ones end on theirs. Changes nothing if it rejects. */
  reconfigure(config: Config, secrets: Secrets): Promise<void>;
  /** Takes no new exchange, lets the running ones end within `drainSeconds`, closes everything. */
  stop(): Promise<{ readonly left: number }>;
}

/** Opens the ledger of a configuration. `ledgerKeys` seal its bodies; null where they are not at hand. */
export function openLedger(
  { ledger }: Config,
  log: Log,
  role: LedgerPorts["role"],
  { ledger: secrets, ledgerKeys }: Pick<Secrets, "ledger"> & { ledgerKeys: Secrets["ledgerKeys"] | null },
  soon: LedgerPorts["soon"] = (work) => work(),
): Promise<Ledger> {
  const report = (sentence: string): void => log.warn("ledger", { sentence });
  const ports = { now: Date.now, newId: newTimeOrderedId, report, soon, role, secrets };
  return openStore(ledger, ledgerKeys, ports);
}

/** What is plugged into the sockets. The lists of this version, unless a test brings its own guard. */
export interface Sockets {
  readonly guards: readonly Guard[];
}

/** What stays the same whatever the configuration becomes. */
interface Lasting extends Omit<Engine, "settings" | "posts" | "version" | "tenancy" | "cost" | "upstreams"> {
  readonly roster: Roster;
  readonly tenantUse: TenantUse;
  readonly argumentCheck: ArgumentCheck;
}

/** One configuration, ready to serve. */
interface Assembled {
  readonly config: Config;
  readonly engine: Engine;
  readonly shift: Shift;
}

/** Puts guards on duty and makes the engine of a configuration. Connections stay where they can. */
function assemble(config: Config, secrets: Secrets, lasting: Lasting, before: Assembled | null): Assembled {
  const { roster, tenantUse, argumentCheck, ...engine } = lasting;
  const settings = settingsOf(config, secrets, argumentCheck);
  const shift = roster.putOnDuty(config.posts);
  const stays = before !== null && isDeepStrictEqual(before.config.timeouts, config.timeouts);
  return {
    config,
    shift,
    engine: {
      ...engine,
      settings,
      posts: groupPosts(shift.entries),
      version: versionOf(shift.entries),
      tenancy: tenancyOf(config, secrets, tenantUse),
      cost: costByPosts(config.posts),
      upstreams: stays
        ? before.engine.upstreams
        : new Upstreams(config.timeouts, config.limits.headerBytesMax),
    },
  };
}

const close = (one: { close(): Promise<void> }): Promise<void> => one.close();
const end = async (one: Listening | null): Promise<void> => (one?.closeAll(), one?.close());

/** Starts a gateway: ledger, guards, engine, server. Everything with an effect is passed in here. */
export async function startGateway(
  config: Config,
  log: Log,
  version: string,
  sockets: Sockets = { guards },
  secrets: Secrets = noSecrets,
): Promise<Running> {
  // Whatever fails on the way, what was opened before it is closed again, the last first.
  await using opened = new AsyncDisposableStack();
  const soon = inSlices();
  const ledger = opened.adopt(await openLedger(config, log, "gateway", secrets, soon), close);
  const report = reportOnce(log);
  const framingKey = framingKeyOf(ledger);
  const roster = new Roster(sockets.guards, { now: Date.now, framingKey, report });
  const memory = memoryOf(ledger, log, Date.now);
  opened.adopt(memory.lateFacts, close);
  const lasting: Lasting = {
    protocols,
    ledger,
    ...memory,
    versions: opened.adopt(new Versions(ledger, roster, log), close),
    log,
    report,
    newId: newExchangeId,
    ...systemChance,
    accountKey: async (tenant) => accountKeyOf(await framingKey(tenant)),
    owner: `${hostname()}:${process.pid}:${randomUUID()}`,
    roster,
    tenantUse: new TenantUse(),
    argumentCheck: opened.adopt(openArgumentCheck(), (one) => one.close()),
  };
  let current = assemble(config, secrets, lasting, null);
  const retiring = opened.adopt(new Retiring(log), close);
  opened.defer(() => current.shift.end());
  opened.defer(() => current.engine.upstreams.close());
  const admin = { ...config.admin, token: secrets.admin };
  const gateway = new Gateway(current.engine, soon, admin.port === null ? null : new RunningExchanges());
  const operator = opened.adopt(await listenAdmin(gateway, ledger, admin), end);
  const listening = await listen(gateway, ledger, listenOptions(config, version, log));
  opened.defer(startSweeping(ledger, log));
  const running = opened.move();
  const at = { url: listening.url, port: listening.port, adminUrl: operator?.url ?? null };
  return {
    ...at,
    async reconfigure(to, toSecrets) {
      gateway.mustGoOn();
      const before = current;
      current = assemble(to, toSecrets, lasting, before);
      lasting.versions.keep(before.engine.version);
      void retiring.retire(leftoverOf(before, current), gateway.use(current.engine));
    },
    async stop() {
      const closed = listening.close();
      const drained = await gateway.drain(current.config.drainSeconds * 1000);
      listening.closeAll();
      await closed;
      await running.disposeAsync();
      return drained;
    },
  };
}

function framingKeyOf(ledger: Ledger): (tenant: string) => Promise<Uint8Array> {
  const keys = new FramingKeys(ledger, process.env["LONGSTOP_FRAMING_KEY"] ?? null, randomBytes);
  return (tenant) => keys.key(tenant);
}

function listenOptions({ listen: where, limits }: Config, version: string, log: Log): ListenOptions {
  const { headerBytesMax } = limits;
  const isLocal = isLoopback(where.host);
  return { ...where, headerBytesMax, version, newId: newExchangeId, isLocal, log };
}

/** What only the earlier of two configurations has in use. */
function leftoverOf({ shift, engine: { upstreams } }: Assembled, { engine: now }: Assembled): Leftover {
  return { shift, upstreams: upstreams === now.upstreams ? null : upstreams };
}

/** Tenants and their keys, or null where everyone is the one tenant. */
function tenancyOf({ tenancy, keys }: Config, secrets: Secrets, use: TenantUse): Tenancy | null {
  if (tenancy === "single") return null;
  const clocks = { now: Date.now, monotonic: () => performance.now() };
  return new Tenancy(secrets.keys, tenantsOf(keys), use, clocks);
}

function settingsOf(config: Config, secrets: Secrets, argumentCheck: ArgumentCheck): EngineSettings {
  const { limits, timeouts, upstreamRetries, hold, effects, turns, unguarded, statefulRequests } = config;
  const { proxies } = secrets;
  const keyRules = keyRulesOf(turns);
  const upstreams = Object.entries(config.upstreams).map(
    ([name, { url, apiKey, http2 }]): readonly [string, Target] => {
      const proxy = proxies.get(`upstreams.${name}`);
      const target = targetOf(name, url, apiKey, secrets.upstreams.get(name), proxy);
      return [name, http2 === "auto" ? { ...target, http2: true } : target];
    },
  );
  const tools = Object.entries(config.tools).map(([name, tool]): readonly [string, ToolTarget] => {
    const { url, apiKey, proxy: _choice, arguments: _arguments, ...rest } = tool;
    const proxy = proxies.get(`tools.${name}`);
    const services = servicesAt(config.keyedServices, url);
    const target = { ...targetOf(name, url, apiKey, secrets.tools.get(name), proxy), ...rest, services };
    return [name, { ...target, ...checkInForce(tool, target, argumentCheck) }];
  });
  return {
    limits,
    timeouts,
    deadlines: deadlineTerms(config.deadlines),
    upstreamRetries,
    hold,
    repairAttemptsMax: config.repair.attemptsMax,
    effects,
    turns: {
      ...turnTerms(config),
      normalise: keyRules === null ? null : normaliserOf(keyRules, systemClock.turn),
    },
    upstreams: new Map(upstreams),
    tools: new Map(tools),
    defaultOpenai: config.defaults.openai,
    defaultAnthropic: config.defaults.anthropic,
    defaultGemini: config.defaults.gemini,
    unguarded,
    statefulRequests,
  };
}

function targetOf(
  name: string,
  url: string,
  apiKey: ApiKeyConfig | undefined,
  secret: string | undefined,
  proxy: ProxyHop | undefined,
): Target {
  const { origin, pathname } = new URL(url);
  const basePath = pathname === "/" ? "" : pathname.replace(/\/$/, "");
  const target = { name, origin, basePath, ...(proxy === undefined ? {} : { proxy }) };
  if (apiKey === undefined) return target;
  if (secret === undefined) throw new RangeError(`the credential of ${name} was not read`);
  const { header = null, scheme = null } = apiKey;
  return { ...target, credential: { secret, header, scheme } };
}

/** The program: one command line in, one exit code out. */
export async function main(args: readonly string[]): Promise<number> {
  const quiet = createLog({
    level: "warn",
    format: "json",
    write: (line) => void process.stderr.write(typeof line === "string" ? line : line()),
    now: Date.now,
  });
  return runProgram(
    args,
    {
      sockets: { guards, stores },
      start: (start) =>
        runGateway(start, {
          version: readVersion(),
          sockets: { guards, stores },
          start: (config, secrets, log) => startGateway(config, log, readVersion(), { guards }, secrets),
        }),
      openLedger: (config, secrets) => openLedger(config, quiet, "operator", secrets),
    },
    {
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
      now: Date.now,
      environment: process.env,
      random: randomBytes,
      user: userName(process.env),
      version: readVersion(),
    },
  );
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
