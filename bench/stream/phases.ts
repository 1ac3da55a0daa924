import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { requestBody } from "../bodies.ts";
import type { Cell } from "../cell.ts";
import { checkWhole } from "../checks.ts";
import { numberSign } from "../load/request-bytes.ts";
import { concurrent } from "../phases/concurrent.ts";
import { firstEvent } from "../phases/first-event.ts";
import { measureThroughput, nginxMock } from "../phases/throughput.ts";
import { wrk } from "../phases/wrk.ts";
import { inTurns, type Scenario } from "../turns.ts";
import type { StreamOptions, StreamPhase } from "./options.ts";
import { replicas } from "./replicas.ts";
import { ownRuns, turnSubjects } from "./subjects.ts";

/** What a phase is given. */
export interface StreamBench {
  readonly folder: string;
  readonly options: StreamOptions;
}

const connections = 64;

/** Short exchanges, no two alike, so that none waits for another one: once without a run, and once in one each. */
async function short({ folder, options }: StreamBench): Promise<Cell[]> {
  const body = requestBody(1_000, { user: numberSign });
  const bodyFile = join(folder, "short.json");
  await writeFile(bodyFile, body);
  const scenario: Omit<Scenario, "name"> = {
    mock: nginxMock,
    check: (one) => checkWhole(one, body),
    warm: (one) => wrk(one, bodyFile, connections, options.warmSeconds),
    measure: (one) => measureThroughput(one, bodyFile, connections, options.seconds),
  };
  const measured = (name: string, headers: Readonly<Record<string, string>>): Promise<Cell[]> =>
    inTurns({ folder, options, subjects: turnSubjects(headers) }, "short", [{ ...scenario, name }]);
  return [...(await measured("no run", {})), ...(await measured("a run each", ownRuns))];
}

export const phases: Readonly<Record<StreamPhase, (bench: StreamBench) => Promise<Cell[]>>> = {
  slow: (bench) => concurrent({ ...bench, subjects: turnSubjects(ownRuns) }, "slow"),
  first: (bench) => firstEvent({ ...bench, subjects: turnSubjects(ownRuns) }, "first"),
  short,
  replicas,
};
