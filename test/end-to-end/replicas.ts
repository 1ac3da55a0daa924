import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asSuperuser, urlOf } from "../ledger/postgres/server.ts";
import { sharedServer } from "../ledger/postgres/shared-server.ts";
import { freshSchema } from "../ledger/postgres/under-test.ts";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";

export interface Replicas {
  readonly gateways: readonly [RunningGateway, RunningGateway];
  /** The id of the exchange that claimed the first record of a kind. */
  exchangeOf(kind: "turn" | "effect"): Promise<string>;
  close(): Promise<void>;
}

/** Two gateways of one configuration on one PostgreSQL. */
export async function startReplicas(written: Readonly<Record<string, unknown>>): Promise<Replicas> {
  const server = await sharedServer();
  const schema = freshSchema();
  const folder = await mkdtemp(join(tmpdir(), "longstop-replicas-"));
  await writeFile(join(folder, "url"), `${urlOf(server)}\n`);
  const ledger = { kind: "postgres", url: { file: join(folder, "url") }, schema };
  const start = (): Promise<RunningGateway> => startTestGateway({ ...written, ledger });
  const gateways = [await start(), await start()] as const;
  return {
    gateways,
    async exchangeOf(kind) {
      const sql = `select detail from ${schema}.claims where kind = '${kind}' order by seq limit 1`;
      const { rows } = await asSuperuser(server, sql);
      const { detail } = rows[0] as { readonly detail: unknown };
      const said: unknown = typeof detail === "string" ? JSON.parse(detail) : detail;
      return (said as { readonly exchange: string }).exchange;
    },
    async close() {
      for (const gateway of gateways) await gateway.stop();
      await asSuperuser(server, `drop schema if exists ${schema} cascade`);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
