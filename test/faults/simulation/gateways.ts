import { createHash } from "node:crypto";
import type { Log, LogLine } from "../../../src/exchange/log.ts";
import type { Engine } from "../../../src/proxy/engine.ts";
import { Gateway } from "../../../src/proxy/gateway.ts";
import { RunEnds } from "../../../src/proxy/run-ends.ts";
import { DetectedAttempts } from "../../../src/proxy/attempts/detected-attempts.ts";
import { Divergences } from "../../../src/proxy/attempts/divergence.ts";
import { RecordedRequests } from "../../../src/proxy/turns/recorded-requests.ts";
import { RunningTurns } from "../../../src/proxy/turns/running-turns.ts";
import { StreamingModels } from "../../../src/proxy/turns/streaming-models.ts";
import type { ToolTarget } from "../../../src/proxy/settings.ts";
import { Tenancy, TenantUse } from "../../../src/proxy/tenancy.ts";
import { engineSettings, toolOf } from "../../proxy/support/engine-settings.ts";
import { incomingOf, SimulatedResponse, type Listener, type Request } from "./exchange.ts";
import { SimulatedLedger, type Disk } from "./store.ts";
import type { Tool } from "./tool.ts";
import { turnsEngine } from "./turns-engine.ts";
import { Process, type World } from "./world.ts";

export const leaseMs = 10_000;
const toolTimeoutMs = 8_000;
const sweepEveryMs = 15_000;

export const tenants = ["acme", "umbrella"] as const;

/** Whose virtual key this is can be read off it. */
export function virtualKey(tenant: string): string {
  return `ls-${tenant}`;
}

/** What of a running exchange breaks when its gateway dies. */
interface Open {
  readonly response: SimulatedResponse;
  readonly broken: () => void;
}

/** What stands behind gateways: a tool, or a model. */
export type Behind = Pick<Tool, "mode" | "reachedFrom">;

/** One gateway process after the other under one name, on the one disk. */
export class SimulatedGateway {
  readonly name: string;
  readonly #world: World;
  readonly #disk: Disk;
  readonly #tool: Behind;
  readonly #isAlone: boolean;
  readonly #open = new Set<Open>();
  #lives = 0;
  #process: Process;
  #gateway: Gateway | null = null;

  constructor(name: string, world: World, disk: Disk, tool: Behind, isAlone: boolean) {
    this.name = name;
    this.#world = world;
    this.#disk = disk;
    this.#tool = tool;
    this.#isAlone = isAlone;
    this.#process = new Process(name);
    this.#process.alive = false;
  }

  get alive(): boolean {
    return this.#process.alive;
  }

  start(): void {
    const world = this.#world;
    this.#lives += 1;
    const process = new Process(this.name);
    this.#process = process;
    if (this.#isAlone) this.#disk.openedAlone();
    const clock = world.clockOf(process);
    const ledger = new SimulatedLedger(this.#disk, process, this.#isAlone);
    const log = logInto(world, this.name);
    const recordedRequests = new RecordedRequests(ledger);
    const engine = {
      settings: settingsOf(this.#tool.mode),
      tenancy: tenancyOf(world),
      ledger,
      upstreams: this.#tool.reachedFrom(process),
      log,
      runEnds: new RunEnds(ledger, log, clock.now),
      runningTurns: new RunningTurns(() => world.count("turns that nobody came for"), clock),
      recordedRequests,
      detectedAttempts: new DetectedAttempts(ledger, log),
      divergences: new Divergences(ledger, recordedRequests, log),
      streamingModels: new StreamingModels(() => 0),
      // What an operator is told of runs afterwards: nothing that happens depends on it.
      lateFacts: { exchange: () => {} } as unknown as Engine["lateFacts"],
      report: () => {},
      newId: world.newId,
      clock,
      ...turnsEngine,
      owner: `${this.name} ${this.#lives}`,
    } satisfies Partial<Engine>;
    this.#gateway = new Gateway(engine as unknown as Engine, soonIn(world, process));
    clock.every(sweepEveryMs, () => void ledger.sweep().catch(() => {}));
    world.say(this.name, "starts");
  }

  /** Lost at once, with everything that it was about to do. */
  crash(): void {
    if (!this.alive) return;
    this.#world.count("crashes");
    this.#world.say(this.name, "is killed");
    this.#process.alive = false;
    for (const { broken } of this.#open) broken();
    this.#open.clear();
  }

  /** SIGSTOP, and SIGCONT after `ms`. */
  stopFor(ms: number): void {
    if (!this.alive || this.#process.stoppedUntilMs > this.#world.nowMs) return;
    this.#world.count(ms > leaseMs ? "stops longer than a lease" : "stops");
    this.#world.say(this.name, `is stopped for ${ms} ms`);
    this.#process.stoppedUntilMs = this.#world.nowMs + ms;
  }

  /** A request arrives. Gives what to call when its client goes away, or null where nobody listens. */
  serve(request: Request, listener: Listener): (() => void) | null {
    const gateway = this.#gateway;
    if (!this.alive || gateway === null) return null;
    const world = this.#world;
    const process = this.#process;
    const response = new SimulatedResponse(world, process, {
      head: (...head) => listener.head(...head),
      piece: (body) => listener.piece?.(body),
      handedOver: (told) => {
        this.#open.delete(open);
        listener.handedOver(told);
      },
      broken: () => {
        this.#open.delete(open);
        listener.broken();
      },
    });
    const open: Open = { response, broken: () => listener.broken() };
    this.#open.add(open);
    world.after(world.random.between(0, 2), process, () => {
      void gateway.serve(incomingOf(request), response.asResponse);
    });
    return () => {
      this.#open.delete(open);
      world.after(world.random.between(0, 30), process, () => response.left());
    };
  }
}

/** Work is done a little later, in the order in which it came. */
function soonIn(world: World, process: Process): (work: () => void) => void {
  const waiting: (() => void)[] = [];
  return (work) => {
    waiting.push(work);
    world.after(world.random.between(0, 2), process, () => waiting.shift()?.());
  };
}

function settingsOf(mode: Tool["mode"]): Engine["settings"] {
  const settings = engineSettings();
  const shape = {
    timeoutMs: toolTimeoutMs,
    ...(mode === "keyed" ? { keyed: true, keyRetentionSeconds: 86_400 } : {}),
  };
  const tools: readonly ToolTarget[] = [
    toolOf("write", "http://tool.test", { ...shape, effect: "write" }),
    toolOf("irreversible", "http://tool.test", { ...shape, effect: "irreversible" }),
    toolOf("stable", "http://tool.test", { ...shape, effect: "write", clientKeys: "stable" }),
  ];
  return {
    ...settings,
    effects: {
      ...settings.effects,
      leaseSeconds: leaseMs / 1000,
      // Longer than a simulation: what is repeated later is by contract another call.
      retryWindowSeconds: 86_400,
      attachSeconds: 5,
    },
    tools: new Map(tools.map((tool) => [tool.name, tool])),
  };
}

function tenancyOf(world: World): Tenancy {
  const hash = (key: string): string => createHash("sha256").update(key).digest("hex");
  const keys = tenants.map((tenant) => ({
    tenant,
    hash: hash(virtualKey(tenant)),
    expiresMs: null,
    disabled: false,
  }));
  const all = tenants.map((name) => ({
    name,
    upstreams: null,
    tools: null,
    requestsPerMinuteMax: 0,
    concurrentMax: 0,
  }));
  const now = (): number => world.nowMs;
  return new Tenancy(keys, all, new TenantUse(), { now, monotonic: now });
}

function logInto(world: World, name: string): Log {
  const line: LogLine = (what, fields = {}) => {
    const all = typeof fields === "function" ? fields() : fields;
    const { operation = "", why = "", code = "" } = all as Readonly<Record<string, string>>;
    world.count(`log: ${what}`);
    world.say(name, `logs: ${[what, operation, code, why].filter((text) => text !== "").join(" ")}`);
    if (code === "internal")
      world.violated(`an internal error: ${String((all as { cause?: unknown }).cause)}`);
  };
  return {
    debug: () => {},
    info: (what, fields) => what !== "exchange" && line(what, fields),
    warn: line,
    error: line,
  };
}
