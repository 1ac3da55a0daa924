import { median } from "./statistics.ts";

/** What can be measured of a subject. The unit is the end of the name; shares are of one core. */
export type Figure =
  | "requestsPerSecond"
  | "streamsPerSecond"
  | "cpuUsPerRequest"
  | "cpuUsPerEvent"
  | "p50Us"
  | "p99Us"
  | "firstEventP50Us"
  | "firstEventP99Us"
  | "ageP50Us"
  | "ageP99Us"
  | "kibPerStream"
  | "rssMiB"
  | "eventsLost"
  | "effectsPerSecond"
  | "cpuUsPerEffect"
  | "loopDelayP99Ms"
  | "chunkDelayP50Ms"
  | "chunkDelayP99Ms"
  | "syncsPer1000"
  | "writesPer1000"
  | "writesPerSync"
  | "subjectCores"
  | "loadCores"
  | "foreignSubjectCore"
  | "foreignLoadCore"
  | "disturbedSubject"
  | "disturbedLoad";

/** One measured turn of one subject in one scenario of a phase. */
export interface Cell {
  readonly phase: string;
  /** What was asked of it: a body's size, or streams and their pace. */
  readonly scenario: string;
  readonly subject: string;
  readonly repeat: number;
  /** Requests or streams that did not come to their right end. */
  readonly errors: number;
  /** Some of them, in words. */
  readonly faults?: readonly string[];
  /** A figure that has no meaning here is left out: `direct` has no CPU. */
  readonly figures: Readonly<Partial<Record<Figure, number>>>;
}

/** Which cells are meant; the repeats of one subject in one scenario. */
export interface Place {
  readonly phase: string;
  readonly scenario: string;
  readonly subject: string;
}

export function cellsAt(cells: readonly Cell[], { phase, scenario, subject }: Place): readonly Cell[] {
  return cells.filter(
    (cell) => cell.phase === phase && cell.scenario === scenario && cell.subject === subject,
  );
}

/** The median of a figure over the repeats; NaN where it was not measured. */
export function medianAt(cells: readonly Cell[], place: Place, figure: Figure): number {
  return median(cellsAt(cells, place).flatMap(({ figures }) => figures[figure] ?? []));
}
