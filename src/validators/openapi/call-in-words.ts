import { shown, type Fault } from "../finding.ts";
import { complaint } from "../wording.ts";
import type { Found } from "./operation-table.ts";

/** One thing wrong with a call, and where it stands. */
export interface ArgumentFault {
  readonly in: "method" | "path" | "query" | "header" | "body";
  /** The parameter; null for the body, and for the call as a whole. */
  readonly name: string | null;
  /** JSON Pointer (RFC 6901) into the value of the place: `/limit` in the query, `/items/0` in the body. */
  readonly pointer: string;
  readonly message: string;
  /** For what is unknown or missing: the names that are known there. */
  readonly known?: readonly string[];
}

// What a model is told is part of every later prompt: long enough to be precise, and no longer.
const charactersMax = 4_000;
const knownMax = 30;

/** Where a fault of the whole call's check stands: `/query/limit/0` is `/limit/0` of the query. */
export function argumentFault(fault: Fault): ArgumentFault {
  const [, place = "", ...steps] = fault.pointer.split("/");
  const where = place === "path" || place === "query" || place === "header" ? place : "body";
  const [first] = steps;
  const name =
    where === "body" || first === undefined ? null : first.replaceAll("~1", "/").replaceAll("~0", "~");
  const pointer = steps.map((step) => `/${step}`).join("");
  // The gateway's own "/body" is nobody else's.
  const message =
    fault.kind === "forbidden" && pointer === "" && where === "body" ? noBody : complaint(fault);
  const known = (fault.known ?? []).slice(0, knownMax);
  const isOpen = known.length === 0 || (where === "body" && pointer === "");
  return { in: where, name, pointer, message, ...(isOpen ? {} : { known }) };
}

const noBody = "this operation takes no body.";

/** What is wrong with a call, worded so that a model can correct itself. */
export function callInWords(
  method: string,
  path: string,
  faults: readonly ArgumentFault[],
  more: number,
): string {
  const first =
    `The call ${method} ${shown(path)} was not made, and nothing was sent: ` +
    `it does not fit what the API takes.`;
  const last = "Correct this in the call; the same call is refused again.";
  const lines = faults.map((fault) => `- ${faultInWords(fault)}`);
  if (more > 0) lines.push(`- and ${more} more ${more === 1 ? "fault" : "faults"}.`);
  let words = `${first}\n`;
  for (const line of lines) {
    if (words.length + line.length + last.length > charactersMax) {
      words += "- and more.\n";
      break;
    }
    words += `${line}\n`;
  }
  return words + last;
}

function faultInWords({ in: place, pointer, message, known }: ArgumentFault): string {
  const at =
    pointer === "" ? place : `${place} ${shown(pointer.length > 200 ? `…${pointer.slice(-120)}` : pointer)}`;
  const names =
    known === undefined ? "" : ` Known: ${known.map((name) => shown(JSON.stringify(name))).join(", ")}.`;
  return `${at}: ${message}${names}`;
}

/** Why a method and a path are no operation. */
export function complaintOf(method: string, found: Exclude<Found, { kind: "operation" }>): string {
  if (found.kind === "method") {
    return `${method} is no operation of ${found.path}, which takes ${found.methods.join(", ")}.`;
  }
  if (found.kind === "spelling") return `write the path as the API has it: ${found.path}.`;
  const closest = found.closest.length === 0 ? "" : ` Did you mean ${found.closest.join(" or ")}?`;
  return `the API has no such path.${closest}`;
}
