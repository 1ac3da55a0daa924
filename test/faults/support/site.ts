import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { ClaimRecord } from "../../../src/ledger/ledger.ts";
import { Gateways } from "./gateways.ts";
import type { SiteLedger } from "./ledgers.ts";
import type { Oracle } from "./oracle.ts";

/** How long a gateway holds an operation without saying so again. */
export const leaseMs = 5000;

/** How a tool that can be asked is asked: by the key that it was sent. */
const lookUp = {
  path: "/charges/{key}",
  found: { at: "/idempotencyKey", equals: "{key}" },
  absent: { statuses: [404], afterSeconds: 1 },
};

/** One configuration, one ledger and one oracle; gateways come and go. */
export class Site extends Gateways {
  readonly oracle: Oracle;

  private constructor(oracle: Oracle, config: string, ledger: SiteLedger) {
    super(config, ledger);
    this.oracle = oracle;
  }

  static async make(folder: string, oracle: Oracle, ledger: SiteLedger): Promise<Site> {
    await mkdir(folder, { recursive: true });
    const config = join(folder, "longstop.yaml");
    const pay = {
      url: oracle.url,
      effect: "irreversible",
      timeoutMs: 15_000,
      ...(oracle.mode === "lookup" ? { lookUp } : {}),
      ...(oracle.mode === "keyed" ? { keyed: true, keyRetentionSeconds: 86_400 } : {}),
    };
    await writeFile(
      config,
      stringify({
        listen: { port: 0 },
        ledger: ledger.configured,
        tools: { pay, hasty: { ...pay, timeoutMs: 1000 } },
        posts: [{ guard: "tool-schema" }],
        effects: { leaseSeconds: leaseMs / 1000 },
        log: { level: "error" },
      }),
    );
    return new Site(oracle, config, ledger);
  }

  effects(): Promise<readonly ClaimRecord[]> {
    return this.records("effect");
  }

  override async close(): Promise<void> {
    await this.oracle.stop();
    await super.close();
  }
}
