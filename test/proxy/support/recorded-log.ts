import type { Log, LogFields } from "../../../src/exchange/log.ts";

export interface LogEntry {
  readonly level: keyof Log;
  readonly what: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that only remembers. */
export function recordedLog(): { readonly log: Log; readonly entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  const line =
    (level: keyof Log) =>
    (what: string, fields: LogFields | (() => LogFields) = {}): void => {
      entries.push({ level, what, fields: typeof fields === "function" ? fields() : fields });
    };
  return {
    log: { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") },
    entries,
  };
}
