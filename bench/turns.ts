import type { ChildProcess } from "node:child_process";
import type { Cell } from "./cell.ts";
import { measured, untilIdle, untilQuiet, type Measured } from "./measure.ts";
import type { Options } from "./options.ts";
import { freePort, loadCore, start, stop, subjectCore, waitForPort } from "./processes.ts";
import { rotated } from "./statistics.ts";
import type { Subject } from "./subjects.ts";

/** What taking turns needs of the options. */
export type TurnOptions = Pick<Options, "repeats" | "quietWaitSeconds">;

/** What every phase is given. */
export interface Bench<Chosen extends TurnOptions = Options> {
  /** For whatever a run writes; gone afterwards. */
  readonly folder: string;
  readonly options: Chosen;
  readonly subjects: readonly Subject[];
}

/** A subject that runs, before a mock. */
export interface Started {
  readonly subject: Subject;
  readonly port: number;
  readonly url: string;
  /** Null for `direct`. */
  readonly pid: number | null;
  readonly mock: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly children: readonly ChildProcess[];
}

export type MockArgv = (port: number, folder: string) => Promise<readonly string[]>;

export interface Mock {
  readonly port: number;
  readonly child: ChildProcess;
}

export async function startMock(argv: MockArgv, folder: string): Promise<Mock> {
  const port = await freePort();
  const child = start(loadCore, await argv(port, folder), folder);
  await waitForPort(port, child);
  return { port, child };
}

export async function startSubject(subject: Subject, mock: Mock, folder: string): Promise<Started> {
  const upstream = `http://127.0.0.1:${mock.port}`;
  const headers = subject.headers(upstream);
  const mockPid = mock.child.pid ?? 0;
  if (subject.argv === null)
    return { subject, port: mock.port, url: upstream, pid: null, mock: mockPid, headers, children: [] };
  const port = await freePort();
  const child = start(subjectCore, await subject.argv(port, upstream, folder), folder);
  await waitForPort(port, child);
  const url = `http://127.0.0.1:${port}`;
  return { subject, port, url, pid: child.pid ?? 0, mock: mockPid, headers, children: [child] };
}

/** What is asked of each subject, in each repeat. */
export interface Scenario {
  readonly name: string;
  readonly mock: MockArgv;
  /** One exchange, compared with what the mock said: a subject that answers wrongly is not measured. */
  readonly check: (started: Started) => Promise<void>;
  readonly warm: (started: Started) => Promise<unknown>;
  readonly measure: (started: Started) => Promise<Pick<Cell, "errors" | "faults" | "figures">>;
}

/** All subjects run at once, and take turns; each waits until the one before has nothing left to do. */
export async function inTurns(
  bench: Bench<TurnOptions>,
  phase: string,
  scenarios: readonly Scenario[],
): Promise<Cell[]> {
  const { folder, options, subjects } = bench;
  const cells: Cell[] = [];
  for (const scenario of scenarios) {
    const mock = await startMock(scenario.mock, folder);
    const started: Started[] = [];
    for (const subject of subjects) started.push(await startSubject(subject, mock, folder));
    for (const one of started) {
      await scenario.check(one);
      await scenario.warm(one);
      await untilIdle(one.pid);
    }
    for (let repeat = 0; repeat < options.repeats; repeat++) {
      sayTurn(phase, scenario, repeat, options);
      for (const one of rotated(started, repeat)) cells.push(await turn(bench, phase, scenario, one, repeat));
    }
    await stop([...started.flatMap(({ children }) => children), mock.child]);
  }
  return cells;
}

/** Each turn has a subject and a mock of its own: memory is measured, and grows with what went before. */
export async function afresh(
  bench: Bench<TurnOptions>,
  phase: string,
  scenarios: readonly Scenario[],
): Promise<Cell[]> {
  const { folder, options, subjects } = bench;
  const cells: Cell[] = [];
  for (const scenario of scenarios) {
    for (let repeat = 0; repeat < options.repeats; repeat++) {
      sayTurn(phase, scenario, repeat, options);
      for (const subject of rotated(subjects, repeat)) {
        const mock = await startMock(scenario.mock, folder);
        const one = await startSubject(subject, mock, folder);
        await scenario.check(one);
        await scenario.warm(one);
        await untilIdle(one.pid);
        cells.push(await turn(bench, phase, scenario, one, repeat));
        await stop([...one.children, mock.child]);
      }
    }
  }
  return cells;
}

/** A full run takes more than half an hour; whoever waits for it wants to see it go on. */
function sayTurn(phase: string, scenario: Scenario, repeat: number, { repeats }: TurnOptions): void {
  const at = new Date().toTimeString().slice(0, 8);
  process.stderr.write(`${at} ${phase}, ${scenario.name}: repeat ${repeat + 1} of ${repeats}\n`);
}

async function turn(
  bench: Bench<TurnOptions>,
  phase: string,
  scenario: Scenario,
  one: Started,
  repeat: number,
): Promise<Cell> {
  await untilQuiet(bench.options.quietWaitSeconds);
  const cell = await scenario.measure(one);
  await untilIdle(one.pid);
  return { phase, scenario: scenario.name, subject: one.subject.name, repeat, ...cell };
}

export function measuredOn<T>(started: Started, work: () => Promise<T>): Promise<Measured<T>> {
  return measured({ subject: started.pid, mock: started.mock }, work);
}
