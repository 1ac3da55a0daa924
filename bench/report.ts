import { cellsAt, medianAt, type Cell, type Figure } from "./cell.ts";
import { median } from "./statistics.ts";
import { number, table } from "./table.ts";

/** Gives the median of a figure of the row's subject, or of another one in the same scenario. */
type Look = (figure: Figure, subject?: string) => number;

interface Column {
  readonly title: string;
  readonly of: (look: Look) => string;
}

/** The subject to which every other one is compared. */
const baseline = "bare";

function plain(title: string, figure: Figure, decimals = 0, divisor = 1): Column {
  return { title, of: (look) => number(look(figure) / divisor, decimals) };
}

function against(title: string, figure: Figure, subject = baseline): Column {
  return { title, of: (look) => number(look(figure) / look(figure, subject), 2) };
}

/** What the subject adds to another one's figure. */
function over(title: string, figure: Figure, subject: string, decimals: number, divisor: number): Column {
  return { title, of: (look) => number((look(figure) - look(figure, subject)) / divisor, decimals) };
}

const ms = 1000;

/** How late events are, beside the same gateway with turns off. */
const delays: readonly Column[] = [
  plain("delay p50 ms", "ageP50Us", 2, ms),
  plain("delay p99 ms", "ageP99Us", 1, ms),
  over("p50 − off", "ageP50Us", "off", 2, ms),
  over("p99 − off", "ageP99Us", "off", 1, ms),
];

const columns: Readonly<Record<string, readonly Column[]>> = {
  throughput: [
    plain("req/s", "requestsPerSecond"),
    against("÷ bare", "requestsPerSecond"),
    plain("CPU µs/req", "cpuUsPerRequest"),
    against("÷ bare", "cpuUsPerRequest"),
    plain("p50 ms", "p50Us", 1, ms),
    plain("p99 ms", "p99Us", 1, ms),
    plain("RSS MiB", "rssMiB"),
    plain("load core", "loadCores", 2),
  ],
  streams: [
    plain("streams/s", "streamsPerSecond"),
    against("÷ bare", "streamsPerSecond"),
    plain("CPU µs/event", "cpuUsPerEvent", 2),
    against("÷ bare", "cpuUsPerEvent"),
    plain("p50 ms", "p50Us", 1, ms),
    plain("p99 ms", "p99Us", 1, ms),
    plain("RSS MiB", "rssMiB"),
    plain("load core", "loadCores", 2),
  ],
  "first-event": [
    plain("p50 ms", "firstEventP50Us", 2, ms),
    plain("p99 ms", "firstEventP99Us", 2, ms),
    over("p50 − direct", "firstEventP50Us", "direct", 2, ms),
    over("p50 − bare", "firstEventP50Us", baseline, 2, ms),
    over("p99 − bare", "firstEventP99Us", baseline, 2, ms),
    plain("age p50 ms", "ageP50Us", 2, ms),
    plain("age p99 ms", "ageP99Us", 2, ms),
    plain("CPU µs/event", "cpuUsPerEvent", 1),
    plain("lost", "eventsLost"),
  ],
  concurrent: [
    plain("lost", "eventsLost"),
    plain("KiB/stream", "kibPerStream", 1),
    plain("RSS MiB", "rssMiB"),
    plain("cores", "subjectCores", 2),
    plain("CPU µs/event", "cpuUsPerEvent", 1),
    plain("first p50 ms", "firstEventP50Us", 1, ms),
    plain("first p99 ms", "firstEventP99Us", 1, ms),
    plain("age p50 ms", "ageP50Us", 2, ms),
    plain("age p99 ms", "ageP99Us", 1, ms),
    against("÷ bare", "ageP99Us"),
  ],
  slow: [
    plain("lost", "eventsLost"),
    plain("CPU µs/event", "cpuUsPerEvent", 1),
    against("÷ off", "cpuUsPerEvent", "off"),
    plain("KiB/stream", "kibPerStream", 1),
    over("− off", "kibPerStream", "off", 1, 1),
    plain("cores", "subjectCores", 2),
    plain("first p50 ms", "firstEventP50Us", 1, ms),
    plain("first p99 ms", "firstEventP99Us", 1, ms),
    ...delays,
    plain("load core", "loadCores", 2),
  ],
  first: [
    plain("p50 ms", "firstEventP50Us", 2, ms),
    plain("p99 ms", "firstEventP99Us", 2, ms),
    over("p50 − off", "firstEventP50Us", "off", 2, ms),
    over("p99 − off", "firstEventP99Us", "off", 2, ms),
    ...delays,
    plain("CPU µs/event", "cpuUsPerEvent", 1),
  ],
  short: [
    plain("req/s", "requestsPerSecond"),
    against("÷ off", "requestsPerSecond", "off"),
    plain("CPU µs/req", "cpuUsPerRequest"),
    against("÷ off", "cpuUsPerRequest", "off"),
    plain("p50 ms", "p50Us", 1, ms),
    plain("p99 ms", "p99Us", 1, ms),
    plain("load core", "loadCores", 2),
  ],
  replicas: [
    plain("delay p50 ms", "chunkDelayP50Ms", 1),
    plain("delay p99 ms", "chunkDelayP99Ms", 1),
    plain("first p50 ms", "firstEventP50Us", 1, ms),
    plain("first p99 ms", "firstEventP99Us", 1, ms),
    plain("cores", "subjectCores", 2),
    plain("load core", "loadCores", 2),
  ],
  effects: [
    plain("effects/s", "effectsPerSecond"),
    against("÷ off", "effectsPerSecond", "off"),
    plain("p50 ms", "p50Us", 2, ms),
    plain("p99 ms", "p99Us", 2, ms),
    over("p50 − off", "p50Us", "off", 2, ms),
    over("p99 − off", "p99Us", "off", 2, ms),
    plain("loop p99 ms", "loopDelayP99Ms", 2),
    plain("CPU µs/effect", "cpuUsPerEffect"),
    plain("load core", "loadCores", 2),
  ],
  syncs: [
    plain("syncs/1,000", "syncsPer1000"),
    plain("writes/1,000", "writesPer1000"),
    plain("writes/sync", "writesPerSync", 1),
    plain("effects/s", "effectsPerSecond"),
  ],
  latency: [
    plain("p50 ms", "p50Us", 2, ms),
    plain("p99 ms", "p99Us", 2, ms),
    over("p50 − direct", "p50Us", "direct", 2, ms),
    over("p50 − bare", "p50Us", baseline, 2, ms),
    plain("CPU µs/req", "cpuUsPerRequest"),
  ],
};

/** A table for each scenario of a phase: medians over the repeats, errors summed. */
export function phaseTables(
  cells: readonly Cell[],
  phase: string,
  titles: Readonly<Record<string, string>>,
): string {
  const ofPhase = cells.filter((cell) => cell.phase === phase);
  const scenarios = [...new Set(ofPhase.map(({ scenario }) => scenario))];
  return scenarios.map((scenario) => scenarioTable(ofPhase, phase, scenario, titles)).join("\n");
}

function scenarioTable(
  cells: readonly Cell[],
  phase: string,
  scenario: string,
  titles: Readonly<Record<string, string>>,
): string {
  const shown = columns[phase] ?? [];
  const mine = cells.filter((cell) => cell.scenario === scenario);
  const names = Object.keys(titles).filter((name) => mine.some(({ subject }) => subject === name));
  const rows = names.map((name) => {
    const look: Look = (figure, subject = name) => medianAt(mine, { phase, scenario, subject }, figure);
    const errors = cellsAt(mine, { phase, scenario, subject: name }).reduce(
      (sum, cell) => sum + cell.errors,
      0,
    );
    return [titles[name] ?? name, ...shown.map((column) => column.of(look)), number(errors)];
  });
  const head = [`${phase}, ${scenario}`, ...shown.map(({ title }) => title), "errors"];
  return `${table(head, rows)}\n${foreignSentence(mine)}\n`;
}

/** What others took while we measured: the reader has to know how far to trust the figures. */
function foreignSentence(cells: readonly Cell[]): string {
  const of = (figure: Figure): string => {
    const shares = cells.flatMap(({ figures }) => figures[figure] ?? []).map((share) => share * 100);
    if (shares.length === 0) return "– %";
    return `${number(median(shares))} % (at most ${number(Math.max(...shares))} %)`;
  };
  return `Other programs took ${of("disturbedSubject")} of the time that subjects wanted, and ${of("disturbedLoad")} of the mock's.`;
}
