import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { stores } from "../../../src/ledger/index.ts";
import type { ClaimKind, ClaimRecord } from "../../../src/ledger/ledger.ts";
import type { FailpointName } from "../../../src/proxy/failpoint.ts";
import { firstLine } from "./first-line.ts";
import type { SiteDatabase, SiteLedger } from "./ledgers.ts";

const program = join(import.meta.dirname, "../../../longstop.mjs");

/** The program in a process of its own, so that it can be lost as a machine would lose it. */
export interface GatewayProcess {
  readonly port: number;
  readonly child: ChildProcess;
  /** Resolves with the signal that ended it. */
  readonly exited: Promise<NodeJS.Signals | null>;
  /** Ends it without farewell. */
  kill(): Promise<void>;
}

export interface StartOptions {
  /** The place at which the process ends itself. */
  readonly failpoint?: FailpointName;
  /** Blocks of 512 bytes that any file may have: beyond them the disk is full for this process. */
  readonly fileBlocksMax?: number;
}

/** Gateways on one configuration and one ledger: they come and go. */
export class Gateways {
  readonly #config: string;
  readonly #ledger: SiteLedger;
  readonly #gateways: GatewayProcess[] = [];
  #replicas: readonly number[] = [];

  /** `config` is the file of their configuration. */
  constructor(config: string, ledger: SiteLedger) {
    this.#config = config;
    this.#ledger = ledger;
  }

  /** What a fault does to the database; there is none under a ledger in a file. */
  get database(): SiteDatabase {
    if (this.#ledger.database === null) throw new Error("this ledger is no database");
    return this.#ledger.database;
  }

  /** Whether several gateways have this ledger. */
  get isShared(): boolean {
    return this.#ledger.database !== null;
  }

  /** Where several gateways can share the ledger: the two that stand beside the one that a fault meets. */
  async startReplicas(): Promise<void> {
    if (this.#ledger.database === null) return;
    // One after the other: the first makes the tables, which is not what is broken here.
    const first = await this.start();
    const second = await this.start();
    this.#replicas = [first.port, second.port];
  }

  /** Where callers go on: at the other replicas, at the gateway that lives, or at one that is started now. */
  async ports(): Promise<readonly number[]> {
    if (this.#replicas.length > 0) return this.#replicas;
    const living = this.#gateways.find(({ child }) => child.exitCode === null && child.signalCode === null);
    return [(living ?? (await this.start())).port];
  }

  async start({ failpoint, fileBlocksMax }: StartOptions = {}): Promise<GatewayProcess> {
    const args = [program, "start", this.#config];
    const bounded = `trap "" XFSZ; ulimit -f ${fileBlocksMax}; exec "$0" "$@"`;
    const environment = failpoint === undefined ? {} : { LONGSTOP_FAILPOINT: failpoint };
    const child = spawn(
      fileBlocksMax === undefined ? process.execPath : "sh",
      fileBlocksMax === undefined ? args : ["-c", bounded, process.execPath, ...args],
      { env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"] },
    );
    const exited = new Promise<NodeJS.Signals | null>((resolve) => {
      child.once("exit", (_code, signal) => resolve(signal));
    });
    const kill = async (): Promise<void> => {
      child.kill("SIGKILL");
      await exited;
    };
    // What it logs of the fault is as it should be; only a gateway that does not start has to say why.
    let said = "";
    child.stderr?.on("data", (chunk) => (said = `${said}${String(chunk)}`.slice(-2000)));
    const port = Number(
      await firstLine(child, /listens on \S+:(\d+)/).catch((cause: unknown) => {
        throw new Error(`the gateway did not start: ${said}`, { cause });
      }),
    );
    const gateway = { port, child, exited, kill };
    this.#gateways.push(gateway);
    return gateway;
  }

  /** What the ledger says, read beside the gateway as an operator would; the oldest first. */
  async records(of: ClaimKind): Promise<readonly ClaimRecord[]> {
    const { kind, options, secrets } = this.#ledger;
    const store = stores.find((one) => one.kind === kind);
    if (store === undefined) throw new Error(`no store is called ${kind}`);
    const ledger = await store.open(options, {
      now: Date.now,
      newId: () => crypto.randomUUID(),
      report: () => {},
      secrets,
      role: "operator",
    });
    try {
      return (await ledger.listClaims({ kind: of, limit: 1000 })).toReversed();
    } finally {
      await ledger.close();
    }
  }

  /** Ends all of them, and gives up their ledger. */
  async close(): Promise<void> {
    for (const gateway of this.#gateways) await gateway.kill();
    await this.#ledger.close();
  }
}
