import type { LogLevel } from "../config/config.ts";
import type { Log, LogLine } from "../exchange/log.ts";
import type { Line } from "./line-writer.ts";
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
   * Takes one line with its line feed, or what makes it. Must neither block nor throw: see `openLineWriter`.
   * Urgent are warnings and errors: the process may end behind one.
   */
  readonly write: (line: Line, isUrgent: boolean) => void;
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
    return (what, given = {}) => {
      const timeMs = now();
      const fields = typeof given === "function" ? given() : given;
      const made = (): string => lineOf(format, at, timeMs, what, fields);
      // Only what cannot change any more may be put into words later.
      write(!isUrgent && typeof given === "function" && isFlat(fields) ? made : made(), isUrgent);
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

function isFlat(fields: Entry["fields"]): boolean {
  try {
    return Object.values(fields).every((value) => typeof value !== "object" || value === null);
  } catch {
    // A getter threw: what it stands for is said in the line.
    return false;
  }
}

function lineOf(
  format: LogOptions["format"],
  level: LogLevel,
  timeMs: number,
  what: string,
  fields: Entry["fields"],
): string {
  const entry = {
    time: new Date(timeMs).toISOString(),
    level,
    what: redactText(what.slice(0, whatCharsMax)),
    fields: logFields(fields),
  };
  return format === "json" ? jsonLine(entry) : prettyLine(entry);
}

function jsonLine(entry: Entry): string {
  const { fields } = entry;
  const line = jsonOf(entry, besideHead(fields));
  if (line.length <= lineCharsMax) return line;
  // Cut, it would be no JSON any more.
  const { requestId, run } = fields;
  return jsonOf(entry, { requestId, run, leftOut: `${line.length} characters` });
}

/** Head and fields are joined as text: one object of both would have to be made for each line. */
function jsonOf({ time, level, what }: Entry, fields: Entry["fields"]): string {
  const rest = JSON.stringify(fields);
  const head = `{"time":"${time}","level":"${level}","what":${JSON.stringify(what)}`;
  // What a terminal would act on stands in strings only, where `\u009b` means the same.
  return plain(rest === "{}" ? `${head}}` : `${head},${rest.slice(1)}`) + "\n";
}

/** The fields, where none takes the place of what every line has. */
function besideHead(fields: Entry["fields"]): Entry["fields"] {
  const names = Object.keys(fields);
  if (!names.some(isOfHead)) return fields;
  return Object.fromEntries(names.map((name) => [isOfHead(name) ? `${name}_` : name, fields[name]]));
}

function isOfHead(name: string): boolean {
  return name === "time" || name === "level" || name === "what";
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
