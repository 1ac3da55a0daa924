export type LogFields = Readonly<Record<string, unknown>>;

/**
 * One line of the structured log: `what` happened, in a few stable words, and its fields. A function is
 * asked for them only where the line is written.
 */
export type LogLine = (what: string, fields?: LogFields | (() => LogFields)) => void;

/** The one log. Secrets are redacted behind it; writing never throws and never waits. */
export interface Log {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}
