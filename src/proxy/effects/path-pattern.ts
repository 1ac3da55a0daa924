import { matchesName } from "../../text/name-pattern.ts";
import type { PathReading } from "./path-readings.ts";

/**
 * True where a path, read in one way, is what a pattern says. `*` stands for what is inside one
 * segment, and alone for any segment; `**` for any number of segments, none included. Takes time
 * with the product of both lengths at most.
 */
export function fitsPath(pattern: string, { segments, caseless }: PathReading): boolean {
  const asked = segmentsOf(caseless ? pattern.toLowerCase() : pattern);
  let at = 0;
  let next = 0;
  // Where the last `**` stands, and what it has swallowed up to.
  let wildcard = -1;
  let swallowed = 0;
  while (at < segments.length) {
    if (asked[next] === "**") {
      wildcard = next;
      swallowed = at;
      next += 1;
    } else if (fitsSegment(asked[next], segments[at] ?? "")) {
      at += 1;
      next += 1;
    } else if (wildcard >= 0) {
      swallowed += 1;
      at = swallowed;
      next = wildcard + 1;
    } else return false;
  }
  return asked.slice(next).every((segment) => segment === "**");
}

function fitsSegment(asked: string | undefined, segment: string): boolean {
  return asked !== undefined && segment !== "" && matchesName(asked, segment);
}

function segmentsOf(pattern: string): readonly string[] {
  return pattern === "/" ? [] : pattern.slice(1).split("/");
}
