import { cellsAt, medianAt, type Cell, type Figure, type Place } from "./cell.ts";
import { number, table } from "./table.ts";

/** One promise about speed: a figure of one subject, by itself or beside that of another one in the same run. */
export interface Bar {
  readonly phase: string;
  readonly scenario: string;
  readonly subject: string;
  readonly figure: Figure;
  /**
   * `over` is a ratio to the other subject, `above` a difference in ms, `beyond` one in the figure's own unit,
   * `alone` the figure itself.
   */
  readonly compared: "over" | "above" | "beyond" | "alone";
  /** The other subject. */
  readonly to: string | null;
  readonly least?: number;
  readonly most?: number;
}

export interface BarOutcome {
  readonly bar: Bar;
  /** NaN where it was not measured. */
  readonly value: number;
  /** The least and the greatest over the repeats. */
  readonly range: readonly [number, number];
  /** Errors in the cells that the bar rests on: with any, a figure says nothing. */
  readonly errors: number;
  /** The greatest share of their time that other programs took from those who are compared. */
  readonly disturbed: number;
  /** More than the figure can stand. */
  readonly isDisturbed: boolean;
  readonly isReached: boolean;
}

// What an event costs is seen where each comes by itself; how many streams a core carries, where the load
// has no part in the figure.
const singly = { phase: "streams", scenario: "200 events, one a write" };
const together = { phase: "streams", scenario: "200 events, eight a write" };
const concurrentScenarios = ["1,000 × 100 ms", "5,000 × 500 ms"];

/** Every bar that Longstop is held to. */
export const bars: readonly Bar[] = [
  ...["1k", "100k", "1m"].map((scenario): Bar => ({
    phase: "throughput",
    scenario,
    subject: "without",
    figure: "requestsPerSecond",
    compared: "over",
    to: "bare",
    least: 0.85,
  })),
  // Beside a peer whose own rate moves, the pipe says what watching costs where there is little to read.
  {
    phase: "throughput",
    scenario: "1k",
    subject: "with",
    figure: "requestsPerSecond",
    compared: "over",
    to: "bare",
    least: 0.6,
  },
  ...Object.entries({ "1k": 6, "100k": 3, "1m": 2.5 }).map(([scenario, least]): Bar => ({
    phase: "throughput",
    scenario,
    subject: "with",
    figure: "requestsPerSecond",
    compared: "over",
    to: "portkey",
    least,
  })),
  { ...together, subject: "without", figure: "streamsPerSecond", compared: "over", to: "bare", least: 0.85 },
  { ...singly, subject: "without", figure: "cpuUsPerEvent", compared: "over", to: "bare", most: 1.2 },
  { ...singly, subject: "with", figure: "cpuUsPerEvent", compared: "over", to: "bare", most: 1.5 },
  ...["without", "with"].flatMap((subject): Bar[] => [
    { ...together, subject, figure: "streamsPerSecond", compared: "over", to: "rust", least: 1 },
    {
      phase: "first-event",
      scenario: "20 streams/s",
      subject,
      figure: "firstEventP50Us",
      compared: "above",
      to: "bare",
      most: 1,
    },
    ...concurrentScenarios.flatMap((scenario): Bar[] => {
      const place = { phase: "concurrent", scenario, subject };
      return [
        { ...place, figure: "eventsLost", compared: "alone", to: null, most: 0 },
        { ...place, figure: "kibPerStream", compared: "alone", to: null, most: 60 },
        { ...place, figure: "ageP99Us", compared: "over", to: "bare", most: 1.5 },
      ];
    }),
  ]),
];

/** How much of their time others may take from those who are measured. */
interface Peace {
  readonly figures: readonly Figure[];
  readonly most: number;
}

// A rate is that of a full core, whose load has time to spare: only the subject's own time counts. What is
// late on an idle machine, others may have made late anywhere; but there a wait of half the time is still
// one of microseconds.
const fullCore: Peace = { figures: ["disturbedSubject"], most: 0.1 };
const idleCore: Peace = { figures: ["disturbedSubject", "disturbedLoad"], most: 0.5 };

/** What a figure needs to tell of the subject and not of the machine. CPU, memory and losses need nothing. */
const needed: Readonly<Partial<Record<Figure, Peace>>> = {
  requestsPerSecond: fullCore,
  streamsPerSecond: fullCore,
  effectsPerSecond: fullCore,
  loopDelayP99Ms: fullCore,
  firstEventP50Us: idleCore,
  ageP99Us: idleCore,
};

/** Sets a bar beside what was measured. A bar that was not measured, or not in peace, is not reached. */
export function judge(bar: Bar, cells: readonly Cell[]): BarOutcome {
  const place: Place = { phase: bar.phase, scenario: bar.scenario, subject: bar.subject };
  const other: Place | null = bar.to === null ? null : { ...place, subject: bar.to };
  const value = compare(
    bar,
    medianAt(cells, place, bar.figure),
    other === null ? Number.NaN : medianAt(cells, other, bar.figure),
  );
  const mine = cellsAt(cells, place);
  const others = other === null ? [] : cellsAt(cells, other);
  // The subjects of one repeat met the same minute of the machine, so they are compared with each other.
  const each = mine.map(({ repeat, figures }) => {
    const theirs = others.find((cell) => cell.repeat === repeat)?.figures[bar.figure] ?? Number.NaN;
    return compare(bar, figures[bar.figure] ?? Number.NaN, theirs);
  });
  const errors = [...mine, ...others].reduce((sum, cell) => sum + cell.errors, 0);
  const places = other === null ? [place] : [place, other];
  const peace = needed[bar.figure];
  const shares = places.flatMap((one) => peace?.figures.map((figure) => medianAt(cells, one, figure)) ?? []);
  const disturbed = Math.max(0, ...shares.filter(Number.isFinite));
  const isDisturbed = disturbed > (peace?.most ?? 1);
  const isInside = value >= (bar.least ?? -Infinity) && value <= (bar.most ?? Infinity);
  return {
    bar,
    value,
    range: [Math.min(...each), Math.max(...each)],
    errors,
    disturbed,
    isDisturbed,
    isReached: errors === 0 && !isDisturbed && isInside,
  };
}

function compare({ compared }: Bar, mine: number, theirs: number): number {
  if (compared === "alone") return mine;
  if (compared === "beyond") return mine - theirs;
  return compared === "over" ? mine / theirs : (mine - theirs) / 1000;
}

const figureNames: Readonly<Partial<Record<Figure, string>>> = {
  requestsPerSecond: "req/s",
  streamsPerSecond: "streams/s",
  cpuUsPerEvent: "CPU/event",
  firstEventP50Us: "first event p50",
  ageP99Us: "event age p99",
  kibPerStream: "KiB a stream",
  eventsLost: "events lost",
  effectsPerSecond: "effects/s",
  loopDelayP99Ms: "event loop p99 ms",
  chunkDelayP99Ms: "event delay p99 ms",
  writesPerSync: "writes a sync",
};

/** The table of bars. */
export function barsTable(outcomes: readonly BarOutcome[], titles: Readonly<Record<string, string>>): string {
  const rows = outcomes.map((outcome) => {
    const { bar, value, range, isReached } = outcome;
    const decimals = bar.figure === "eventsLost" ? 0 : 2;
    const sign = { over: " ÷ ", above: " ms − ", beyond: " − ", alone: "" }[bar.compared];
    const limit = bar.least === undefined ? `≤ ${bar.most}` : `≥ ${bar.least}`;
    return [
      titles[bar.subject] ?? bar.subject,
      `${bar.phase}, ${bar.scenario}`,
      `${figureNames[bar.figure] ?? bar.figure}${sign}${bar.to ?? ""}`,
      limit,
      number(value, decimals),
      Number.isFinite(range[0]) ? `${number(range[0], decimals)} to ${number(range[1], decimals)}` : "–",
      isReached ? "reached" : barFault(outcome),
    ];
  });
  return table(["bar", "where", "what", "bar is", "measured", "range", ""], rows, 3);
}

function barFault({ value, errors, disturbed, isDisturbed }: BarOutcome): string {
  if (errors > 0) return `NOT REACHED, ${number(errors)} errors`;
  if (Number.isNaN(value)) return "NOT MEASURED";
  if (isDisturbed) return `DISTURBED, other programs took ${number(disturbed * 100)} % of the time`;
  return "NOT REACHED";
}
