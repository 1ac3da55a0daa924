import { isUtf8 } from "node:buffer";
import { canonicalJson } from "../../text/canonical-json.ts";
import { spanAt, stepsOf } from "../../wire/json-pointer.ts";
import { elements, typeAt } from "../../wire/json-text.ts";
import type { LookUp } from "../settings.ts";
import { scalarAt } from "./look-up-template.ts";

/**
 * What the answer to a look-up says of an operation. `found`: it was executed, and `answer` is what its
 * caller gets, JSON. `absent`: surely not. `unknown`: everything else.
 */
export type LookedUp =
  | { readonly kind: "found"; readonly answer: string }
  | { readonly kind: "absent" }
  | { readonly kind: "unknown" };

const unknown: LookedUp = { kind: "unknown" };

/** `equals`: what the value that is found must be, or null where any will do. */
export function readLookUp(
  { found, answer, absent }: LookUp,
  equals: string | null,
  status: number,
  body: Uint8Array,
): LookedUp {
  if (absent?.statuses.includes(status) === true) return { kind: "absent" };
  if (status < 200 || status > 299 || !isUtf8(body)) return unknown;
  const text = Buffer.from(body).toString("utf8");
  if (canonicalJson(text) === null) return unknown;
  const value = spanAt(text, stepsOf(found.at));
  if (value === null || typeAt(text, value) === "null") return absentIfEmpty(text, absent?.emptyAt ?? null);
  if (equals !== null && scalarAt(text, found.at) !== equals) return unknown;
  const part = spanAt(text, stepsOf(answer));
  return part === null ? unknown : { kind: "found", answer: text.slice(part.start, part.end) };
}

function absentIfEmpty(text: string, emptyAt: string | null): LookedUp {
  const list = emptyAt === null ? null : spanAt(text, stepsOf(emptyAt));
  if (list === null || typeAt(text, list) !== "array") return unknown;
  return elements(text, list).length === 0 ? { kind: "absent" } : unknown;
}
