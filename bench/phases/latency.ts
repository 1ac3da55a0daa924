import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { requestBody } from "../bodies.ts";
import type { Cell } from "../cell.ts";
import { checkWhole } from "../checks.ts";
import type { RateOrder, RateReport } from "../load/order.ts";
import type { SizeName } from "../options.ts";
import { run } from "../processes.ts";
import { inTurns, measuredOn, type Bench, type Scenario, type Started } from "../turns.ts";
import { nodeWithoutPauses } from "./stream-load.ts";
import { bytesOf, connectionsOf, nginxMock } from "./throughput.ts";
import { wrk } from "./wrk.ts";

/** Requests a second: far from the limit of every subject. */
const rateOf: Readonly<Record<SizeName, number>> = { "1k": 100, "100k": 50, "1m": 10 };

/** How long one exchange takes on a server that is nearly idle. */
export async function latency(bench: Bench): Promise<Cell[]> {
  const { folder, options } = bench;
  const scenarios: Scenario[] = [];
  for (const size of options.sizes) {
    const body = requestBody(bytesOf[size]);
    const bodyFile = join(folder, `${size}.json`);
    await writeFile(bodyFile, body);
    scenarios.push({
      name: `${size}, ${rateOf[size]}/s`,
      mock: nginxMock,
      check: (one) => checkWhole(one, body),
      warm: (one) => wrk(one, bodyFile, connectionsOf[size], options.warmSeconds),
      measure: (one) => measure(one, bodyFile, rateOf[size], options.seconds),
    });
  }
  return inTurns(bench, "latency", scenarios);
}

async function measure(
  one: Started,
  bodyFile: string,
  requestsPerSecond: number,
  seconds: number,
): Promise<Pick<Cell, "errors" | "figures">> {
  const requests = Math.max(1, Math.round(requestsPerSecond * seconds));
  const order: RateOrder = { port: one.port, headers: one.headers, bodyFile, requestsPerSecond, requests };
  const argv = [...nodeWithoutPauses, join(import.meta.dirname, "../load/rate.ts"), JSON.stringify(order)];
  const { outcome, cpuSeconds, figures } = await measuredOn(one, async () => {
    return JSON.parse(await run(argv, { timeoutMs: seconds * 1000 + 60_000 })) as RateReport;
  });
  const { errors, p50Us, p99Us } = outcome;
  const cpuUsPerRequest = (cpuSeconds * 1e6) / requests;
  return { errors, figures: { ...figures, p50Us, p99Us, ...(one.pid === null ? {} : { cpuUsPerRequest }) } };
}
