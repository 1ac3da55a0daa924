/** One thing that is wrong with the configuration: where, what was expected, what was found. */
export interface ConfigFault {
  /** As people write it: `posts[1].lowWater`. Empty where the fault is about the file as a whole. */
  readonly path: string;
  /** The file, or the command line option that the value came from. */
  readonly origin: string;
  /** From 1, as editors count. 0 where no line can be named: no file, or an option. */
  readonly line: number;
  readonly column: number;
  /** How many characters of that line are meant, for a caret. */
  readonly length: number;
  readonly expected: string;
  /** What stands there, shortened; empty where nothing can be shown. */
  readonly found: string;
  /** What was probably meant, or what to do. */
  readonly hint?: string;
  /** True where a secret may stand there: its line must not be shown. */
  readonly isSecret?: true;
}

/** Longest value that is shown in a fault, in characters. */
const shownCharsMax = 80;

/** A value as a fault shows it: its JSON, shortened, never deeper than a few levels. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "nothing (an empty value is null)";
  if (typeof value === "number") return String(value);
  const json = JSON.stringify(shallow(value, 3)) ?? typeof value;
  return json.length > shownCharsMax ? `${json.slice(0, shownCharsMax)}…` : json;
}

/** The value without what lies below `levels`: aliases can nest without end. */
function shallow(value: unknown, levels: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (levels === 0) return "…";
  if (Array.isArray(value)) return value.map((item) => shallow(item, levels - 1));
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, shallow(child, levels - 1)]));
}
