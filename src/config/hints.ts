import { nearest } from "../validators/nearest.ts";
import type { Path } from "./path.ts";
import type { Schema } from "./schema.ts";

/** What to do about a value that does not fit, where a habit from elsewhere explains it. */
export function hintFor(path: Path, value: unknown, schema: Schema): string | undefined {
  if (value === null) return nullHint(schema);
  if (typeof value !== "string") return undefined;
  if (schema.discriminator !== undefined) return `Write { ${schema.discriminator.propertyName}: ${value} }.`;
  if (schema.enum !== undefined) {
    const near = nearest(value, schema.enum.map(String), 1)[0];
    return near === undefined ? undefined : `Did you mean ${near}?`;
  }
  if (schema.type === "boolean") return booleanHint(value);
  if (schema.type === "integer" || schema.type === "number") return numberHint(path, value);
  return undefined;
}

function nullHint(schema: Schema): string | undefined {
  if (schema.type === "array") return "Write [] for an empty list, or remove the key to get the default.";
  if (schema.type === "object") return "Write {} for none, or remove the key to get the default.";
  return "Remove the key to get the default.";
}

function booleanHint(value: string): string | undefined {
  if (/^(yes|on|true|y)$/i.test(value)) return "Write true; YAML 1.2 reads everything else as text.";
  if (/^(no|off|false|n)$/i.test(value)) return "Write false; YAML 1.2 reads everything else as text.";
  return undefined;
}

const bytesOf: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
const secondsOf: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** `8 MiB` for bytes, `30s` for seconds: the number that the key's own unit asks for. */
function numberHint(path: Path, value: string): string | undefined {
  if (/^-?\d+(\.\d+)?$/.test(value)) return `Write ${value} without quotes.`;
  const key = String(path.at(-1));
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?) ?([a-z]{1,3})$/i.exec(value) ?? [];
  if (digits === "") return undefined;
  if (/Bytes/.test(key))
    return written(Number(digits), bytesOf[unit.toLowerCase().replace(/i?b$/, "")], "bytes");
  const seconds = secondsOf[unit.toLowerCase()];
  if (seconds === undefined) return undefined;
  if (/Seconds/.test(key)) return written(Number(digits), seconds, "seconds");
  if (key.endsWith("Ms")) return written(Number(digits), seconds * 1000, "milliseconds");
  if (key.endsWith("Hours")) return written(Number(digits), seconds / 3600, "hours");
  return /Days/.test(key) ? written(Number(digits), seconds / 86_400, "days") : undefined;
}

function written(amount: number, factor: number | undefined, unit: string): string | undefined {
  if (factor === undefined) return undefined;
  const total = Math.round(amount * factor);
  return `Write ${total}: the unit is ${unit}.`;
}
