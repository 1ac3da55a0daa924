// How fast the mock model answers stands in the request itself, in the field `user`, which every gateway
// hands on: one mock serves every scenario, and a subject can be warmed at another pace than it is measured.

export interface Pace {
  /** Text events of the stream. */
  readonly events: number;
  /** Between two events, ms; 0 sends all at once. */
  readonly intervalMs: number;
}

export function writePace({ events, intervalMs }: Pace): string {
  return `pace ${events}x${intervalMs}`;
}

const written = /"user": *"pace (\d+)x(\d+)"/;

/** Finds the pace in the text of a request; null where none is. */
export function readPace(request: string): Pace | null {
  const [, events, intervalMs] = written.exec(request) ?? [];
  return events === undefined ? null : { events: Number(events), intervalMs: Number(intervalMs) };
}
