import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { requestBody } from "../bodies.ts";
import type { Cell } from "../cell.ts";
import { checkWhole } from "../checks.ts";
import { writeMock } from "../mock/nginx.ts";
import type { SizeName } from "../options.ts";
import { rssMiB, treeOf } from "../proc.ts";
import { inTurns, measuredOn, type Bench, type MockArgv, type Scenario, type Started } from "../turns.ts";
import { wrk } from "./wrk.ts";

export const bytesOf: Readonly<Record<SizeName, number>> = { "1k": 1_000, "100k": 100_000, "1m": 1_000_000 };

/** Fewer for large bodies: at the end of a turn, what is still under way is work that no figure counts. */
export const connectionsOf: Readonly<Record<SizeName, number>> = { "1k": 64, "100k": 16, "1m": 4 };

export const nginxMock: MockArgv = async (port, folder) => [
  "nginx",
  "-p",
  folder,
  "-c",
  await writeMock(folder, port),
];

/** Whole answers, as fast as one core gives them. */
export async function throughput(bench: Bench): Promise<Cell[]> {
  const { folder, options } = bench;
  const scenarios: Scenario[] = [];
  for (const size of options.sizes) {
    const body = requestBody(bytesOf[size]);
    const bodyFile = join(folder, `${size}.json`);
    await writeFile(bodyFile, body);
    scenarios.push({
      name: size,
      mock: nginxMock,
      check: (one) => checkWhole(one, body),
      warm: (one) => wrk(one, bodyFile, connectionsOf[size], options.warmSeconds),
      measure: (one) => measureThroughput(one, bodyFile, connectionsOf[size], options.seconds),
    });
  }
  return inTurns(bench, "throughput", scenarios);
}

/** As fast as answers come, over so many connections. */
export async function measureThroughput(
  one: Started,
  bodyFile: string,
  connections: number,
  seconds: number,
): Promise<Pick<Cell, "errors" | "figures">> {
  const { outcome, cpuSeconds, figures } = await measuredOn(one, () =>
    wrk(one, bodyFile, connections, seconds),
  );
  const { requests, durationUs, p50Us, p99Us, errors } = outcome;
  const cpuUsPerRequest = (cpuSeconds * 1e6) / Math.max(1, requests);
  return {
    errors,
    figures: {
      ...figures,
      requestsPerSecond: requests / (durationUs / 1e6),
      p50Us,
      p99Us,
      ...(one.pid === null ? {} : { cpuUsPerRequest, rssMiB: rssMiB(treeOf(one.pid)) }),
    },
  };
}
