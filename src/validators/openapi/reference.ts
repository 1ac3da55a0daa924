import { isRaw } from "../references.ts";
import { type DocumentFaults, pointerTo, said } from "./document-fault.ts";

/** A value of the document, and where it stands. */
export interface Placed {
  readonly value: unknown;
  readonly pointer: string;
}

// References that lead to references: a chain of more is a loop, or nobody's intention.
const hopsMax = 32;

/** What a `$ref` leads to, or why it leads nowhere. Only the document itself is ever looked at. */
export function follow(document: unknown, reference: unknown): Placed | { readonly problem: string } {
  if (typeof reference !== "string") return { problem: "a reference as text" };
  if (reference === "#") return { problem: "a reference into the document, not to all of it" };
  if (!reference.startsWith("#/")) {
    return { problem: "a reference inside this document (#/…): no other file or address is read" };
  }
  let at: unknown = document;
  let pointer = "";
  for (const written of reference.slice(2).split("/")) {
    const step = decoded(written);
    if (step === undefined || typeof at !== "object" || at === null || !Object.hasOwn(at, step)) {
      return { problem: "a reference to something that is there" };
    }
    at = (at as Readonly<Record<string, unknown>>)[step];
    pointer = pointerTo(pointer, step);
  }
  return { value: at, pointer };
}

function decoded(step: string): string | undefined {
  try {
    return decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    // Such a pointer leads nowhere, which the caller says.
    return undefined;
  }
}

/** The object at the end of any references; undefined, with a fault, where there is none. */
export function dereferenced(
  document: unknown,
  placed: Placed,
  faults: DocumentFaults,
): (Placed & { readonly value: Readonly<Record<string, unknown>> }) | undefined {
  let at = placed;
  for (let hop = 0; hop < hopsMax; hop += 1) {
    if (!isRaw(at.value)) {
      faults.add(at.pointer, "an object", said(at.value));
      return undefined;
    }
    const reference = at.value["$ref"];
    if (reference === undefined) return { value: at.value, pointer: at.pointer };
    const found = follow(document, reference);
    if ("problem" in found) {
      faults.add(`${at.pointer}/$ref`, found.problem, said(reference));
      return undefined;
    }
    at = found;
  }
  faults.add(placed.pointer, "a reference that ends somewhere", "references that lead in a circle");
  return undefined;
}
