/** One line of the structured log: `what` happened, in a few stable words, and its fields. */
export type LogLine = (what: string, fields?: Readonly<Record<string, unknown>>) => void;

/** The one log. Secrets are redacted behind it; writing never throws and never waits. */
export interface Log {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}
