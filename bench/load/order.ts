/** What the stream load is asked to do. */
export interface StreamsOrder {
  readonly port: number;
  readonly bodyFile: string;
  /** `{n}` in a value is another text for each stream. */
  readonly headers: Readonly<Record<string, string>>;
  readonly streams: number;
  /** Time over which the streams are opened, ms. */
  readonly rampMs: number;
  /** What is not at its end by then is an error, ms. */
  readonly timeoutMs: number;
  /** Text events that each stream must bring. */
  readonly events: number;
  /** Left out: each is read to its end where it was opened. */
  readonly again?: Again;
}

/**
 * Each stream is left after some events, and asked for once more: the report is about the second time, and the
 * ages are those of events that were born after it was asked for.
 */
export interface Again {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly events: number;
  /** Between the leaving and the asking, ms. */
  readonly afterMs: number;
}

/** What came of it. */
export interface StreamsReport {
  readonly events: number;
  readonly eventsExpected: number;
  /** Streams that did not come to their right end: the sum of the next three. */
  readonly errors: number;
  /** Streams that were not answered with 200. */
  readonly refused: number;
  /** Streams that ended too early, or without all their events. */
  readonly broken: number;
  readonly unfinished: number;
  /** The first of them, in words. */
  readonly faults: readonly string[];
  /** From the request to the first text event, connecting included. */
  readonly firstEventP50Us: number;
  readonly firstEventP99Us: number;
  /** From the mock's writing of an event to its reading here. */
  readonly ageP50Us: number;
  readonly ageP99Us: number;
}

/** What the load of a fixed rate is asked to do. */
export interface RateOrder {
  readonly port: number;
  readonly bodyFile: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requestsPerSecond: number;
  readonly requests: number;
}

export interface RateReport {
  readonly errors: number;
  /** From the writing of the request to the last byte of its answer. */
  readonly p50Us: number;
  readonly p99Us: number;
}
