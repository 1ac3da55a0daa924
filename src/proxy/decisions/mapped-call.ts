import { isUtf8 } from "node:buffer";
import { fitsPath } from "../effects/path-pattern.ts";
import { pathReadings } from "../effects/path-readings.ts";
import type { DecisionMapping } from "../settings.ts";
import { ArgumentSources, fillArgument } from "./argument-template.ts";

/** A call on its way to a tool, as far as it says which decision it carries out. */
export interface HttpCall {
  readonly method: string;
  /** Behind the tool's name, without its query. */
  readonly path: string;
  /** With its question mark, or an empty string. */
  readonly query: string;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

/** A value of a call. `hashes`: of all that it may stand for. `shown`: JSON, for people. */
export interface CalledValue {
  readonly hashes: readonly string[];
  readonly shown: string;
}

/** One decision that a call may carry out. */
export interface MappedCall {
  readonly mapping: DecisionMapping;
  /** The members of its arguments that the mapping names; null where the call has no such value. */
  readonly arguments: ReadonlyMap<string, CalledValue | null>;
}

/**
 * The decisions that a call may carry out. A path that services read in several ways is read in all of them,
 * so that no spelling of it leads past.
 */
export function mappedCalls(mappings: readonly DecisionMapping[], call: HttpCall): readonly MappedCall[] {
  const fitting = mappings.filter(({ methods }) => methods === undefined || methods.includes(call.method));
  if (fitting.length === 0) return [];
  const readings = pathReadings(call.path);
  const text = isUtf8(call.body) ? Buffer.from(call.body).toString("utf8") : "";
  return fitting.flatMap((mapping) => {
    const found = new Map<string, MappedCall>();
    for (const [place, reading] of readings.entries()) {
      if (!fitsPath(mapping.path.replaceAll(/\{\w+\}/g, "*"), reading)) continue;
      // Of two readings that differ in case alone the first has it as it came.
      const written = reading.caseless ? (readings[place - 1] ?? reading) : reading;
      const named = namedSegments(mapping.path, written.segments);
      const id = JSON.stringify([...named]);
      if (found.has(id)) continue;
      const sources = new ArgumentSources({ ...call, body: text, segments: named });
      const filled = Object.entries(mapping.arguments).map(
        ([name, template]) => [name, fillArgument(template, sources)] as const,
      );
      found.set(id, { mapping, arguments: new Map(filled) });
    }
    return [...found.values()];
  });
}

function namedSegments(path: string, segments: readonly string[]): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  for (const [place, segment] of path.slice(1).split("/").entries()) {
    const name = /^\{(\w+)\}$/.exec(segment)?.[1];
    const value = segments[place];
    if (name !== undefined && value !== undefined) named.set(name, decoded(value));
  }
  return named;
}

/** One reading of a path leaves the escapes that would divide it: here nothing is divided any more. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
