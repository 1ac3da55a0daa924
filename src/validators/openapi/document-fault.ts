import { isRaw } from "../references.ts";

/** One thing wrong with an OpenAPI document: where, what was expected, what was found. */
export interface DocumentFault {
  /** JSON Pointer (RFC 6901) into the document. */
  readonly pointer: string;
  readonly expected: string;
  readonly found: string;
  readonly hint?: string;
}

// Whoever has more than these has one cause for most of them.
const faultsMax = 100;

/** Faults in the order in which they were found, each place and wish once. */
export class DocumentFaults {
  readonly #faults = new Map<string, DocumentFault>();

  get list(): readonly DocumentFault[] {
    return [...this.#faults.values()];
  }

  add(pointer: string, expected: string, found: string, hint?: string): void {
    const key = JSON.stringify([pointer, expected]);
    if (this.#faults.size >= faultsMax || this.#faults.has(key)) return;
    this.#faults.set(key, { pointer, expected, found, ...(hint === undefined ? {} : { hint }) });
  }
}

/** A pointer to a member of what another pointer leads to. */
export function pointerTo(pointer: string, ...steps: readonly (string | number)[]): string {
  return steps.reduce<string>(
    (at, step) => `${at}/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`,
    pointer,
  );
}

/** What stands at a fault, in a few words. */
export function said(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (isRaw(value)) return "an object";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
