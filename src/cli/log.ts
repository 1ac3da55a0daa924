import type { LogLevel } from "../config/config.ts";
import type { Log, LogLine } from "../exchange/log.ts";
import { logFields } from "./log-fields.ts";
import { plain } from "./plain.ts";
import { redactText } from "./redact.ts";

/** Longest line, in characters. Of a longer one only the beginning, or the identifying fields, stay. */
const lineCharsMax = 16_384;
/** Longest name of what happened, in characters. */
const whatCharsMax = 200;

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: "json" | "pretty";
  /**
   * Takes one line with its line feed. Must neither block nor throw: see `openLineWriter`. Urgent are
   * warnings and errors: the process may end behind one.
   */
  readonly write: (line: string, isUrgent: boolean) => void;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
}

interface Entry {
  readonly time: string;
  readonly level: LogLevel;
  readonly what: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const levels = ["debug", "info", "warn", "error"] as const;

/**
 * The structured log. JSON: one object a line, with `time` (ISO 8601), `level` and `what` first.
 * Pretty: the same for people. Secrets are redacted, by name and by look, before anything is written.
 */
export function createLog({ level, format, write, now }: LogOptions): Log {
  const least = levels.indexOf(level);
  const lineAt = (at: LogLevel): LogLine => {
    if (levels.indexOf(at) < least) return () => {};
    const isUrgent = at === "warn" || at === "error";
    return (what, fields = {}) => {
      const entry = {
        time: new Date(now()).toISOString(),
        level: at,
        what: redactText(what.slice(0, whatCharsMax)),
        fields: logFields(typeof fields === "function" ? fields() : fields),
      };
      write(format === "json" ? jsonLine(entry) : prettyLine(entry), isUrgent);
    };
  };
  return { debug: lineAt("debug"), info: lineAt("info"), warn: lineAt("warn"), error: lineAt("error") };
}

/** The log that there is at the time of each line: its level can change while the gateway runs. */
export function logOf(current: () => Log): Log {
  return {
    debug: (what, fields) => current().debug(what, fields),
    info: (what, fields) => current().info(what, fields),
    warn: (what, fields) => current().warn(what, fields),
    error: (what, fields) => current().error(what, fields),
  };
}

function jsonLine({ fields, ...head }: Entry): string {
  // What a terminal would act on stands in strings only, where `\u009b` means the same.
  const line = plain(JSON.stringify({ ...head, ...besideHead(fields, head) }));
  if (line.length <= lineCharsMax) return `${line}\n`;
  // Cut, it would be no JSON any more.
  const { requestId, run } = fields;
  return `${plain(JSON.stringify({ ...head, requestId, run, leftOut: `${line.length} characters` }))}\n`;
}

/** The fields, where none takes the place of what every line has. */
function besideHead(fields: Entry["fields"], head: object): Entry["fields"] {
  const names = Object.keys(fields);
  if (!names.some((name) => name in head)) return fields;
  return Object.fromEntries(names.map((name) => [name in head ? `${name}_` : name, fields[name]]));
}

function prettyLine({ time, level, what, fields }: Entry): string {
  const written = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${plain(key)}=${prettyValue(value)}`);
  const line = `${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${plain(what)}${written.join("")}`;
  return `${line.length > lineCharsMax ? `${line.slice(0, lineCharsMax)}…` : line}\n`;
}

function prettyValue(value: unknown): string {
  if (typeof value === "string" && /^[\w.:/@+-]+$/.test(value)) return value;
  return plain(JSON.stringify(value));
}
