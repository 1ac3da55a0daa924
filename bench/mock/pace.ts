// How fast the mock model answers stands in the request itself, in the field `user`, which every gateway
// hands on: one mock serves every scenario, and a subject can be warmed at another pace than it is measured.

export interface Pace {
  /** Text events of the stream. */
  readonly events: number;
  /** Between two writes, ms; 0 sends all at once. */
  readonly intervalMs: number;
  /** Events of a burst that go out in one write. A slow stream writes each by itself. */
  readonly eventsPerWrite: number;
}

export function writePace({ events, intervalMs, eventsPerWrite }: Pace): string {
  return `pace ${events} ${intervalMs} ${eventsPerWrite}`;
}

const written = /"user": *"pace (\d+) (\d+) (\d+)"/;

/** Finds the pace in the text of a request; null where none is. */
export function readPace(request: string): Pace | null {
  const found = written.exec(request);
  if (found === null) return null;
  const [events = 0, intervalMs = 0, eventsPerWrite = 0] = found.slice(1).map(Number);
  return { events, intervalMs, eventsPerWrite };
}
