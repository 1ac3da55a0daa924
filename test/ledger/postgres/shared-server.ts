import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inject } from "vitest";
import type { TestProject } from "vitest/node";
import { startServer, type PostgresServer } from "./server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the run's one PostgreSQL server is asked for. */
    postgresAt: string;
  }
}

/**
 * One server for the whole run of the tests, started when the first of them asks for it: a run without
 * any such test has none.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  let started: Promise<PostgresServer> | null = null;
  const door = createServer((_request, response) => {
    started ??= startServer();
    started.then(
      ({ port }) => response.end(String(port)),
      (failure: Error) => response.writeHead(500).end(failure.message),
    );
  });
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  project.provide("postgresAt", `http://127.0.0.1:${(door.address() as AddressInfo).port}`);
  return async () => {
    await new Promise((resolve) => door.close(resolve).closeAllConnections());
    await (await started)?.stop();
  };
}

/** The port of the run's server. What a test does there, it does in a schema or a database of its own. */
export async function sharedServer(): Promise<number> {
  const answer = await fetch(inject("postgresAt"));
  const said = await answer.text();
  if (!answer.ok) throw new Error(said);
  return Number(said);
}
