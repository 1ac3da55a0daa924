export type Value =
  | string
  | number
  | boolean
  | Uint8Array
  | null
  | readonly string[]
  | readonly number[]
  | readonly Uint8Array[];
export type Values = Readonly<Record<string, Value>>;
export type Row = Readonly<Record<string, unknown>>;

/** A statement as it is sent: with places for its values, in order. */
export interface Statement {
  readonly text: string;
  readonly values: readonly Value[];
}

interface Compiled {
  readonly text: string;
  readonly names: readonly string[];
}

/**
 * Writes SQL as PostgreSQL takes it: `@claims` is a name in the ledger's schema, because a search path
 * belongs to a connection, and a pooler may give each transaction another one; `:name` is a value.
 */
export class Statements {
  readonly #schema: string;
  // The statements are written in the code, so their number is bounded by it.
  readonly #compiled = new Map<string, Compiled>();

  constructor(schema: string) {
    this.#schema = schema;
  }

  of(sql: string, values: Values): Statement {
    const { text, names } = this.#compile(sql);
    return { text, values: names.map((name) => valueOf(values, name, sql)) };
  }

  #compile(sql: string): Compiled {
    const known = this.#compiled.get(sql);
    if (known !== undefined) return known;
    const names: string[] = [];
    const text = sql
      .replaceAll(/@([a-z_]+)/g, (_, name: string) => `${quoted(this.#schema)}.${name}`)
      .replaceAll(/(?<!:):([a-zA-Z]+)/g, (_, name: string) => {
        if (!names.includes(name)) names.push(name);
        return `$${names.indexOf(name) + 1}`;
      });
    const made = { text, names };
    this.#compiled.set(sql, made);
    return made;
  }
}

function valueOf(values: Values, name: string, sql: string): Value {
  const value = values[name];
  if (value === undefined) throw new TypeError(`no value for :${name} in ${sql}`);
  return value;
}

/** An identifier in quotation marks. */
export function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
