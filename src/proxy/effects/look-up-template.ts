import { isUtf8 } from "node:buffer";
import { canonicalJson } from "../../text/canonical-json.ts";
import { spanAt, stepsOf } from "../../wire/json-pointer.ts";
import { stringAt } from "../../wire/json-text.ts";

/** What the places of a template are filled from. */
export interface LookUpValues {
  readonly key: string;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

/**
 * A template with `{key}` and `{/name}` filled in, each through `write`; null where a field is not
 * there, is empty, or is no single value: a look-up by nothing would find anything.
 */
export function filled(
  template: string,
  values: LookUpValues,
  write: (value: string) => string,
): string | null {
  let isWhole = true;
  const text = template.replaceAll(/\{(key|\/[^{}]*)\}/g, (_all, name: string) => {
    const value = name === "key" ? values.key : fieldOf(values, name);
    if (value === null || value === "") isWhole = false;
    return write(value ?? "");
  });
  return isWhole ? text : null;
}

/** The path of a look-up: what is filled in stays inside its segment or parameter. */
export function filledPath(template: string, values: LookUpValues): string | null {
  const path = filled(template, values, encodeURIComponent);
  // An identifier of dots alone would lead elsewhere (RFC 3986, 5.2.4).
  return path === null || /\/(?:\.|%2e){1,2}(?:[/?]|$)/i.test(path) ? null : path;
}

function fieldOf({ contentType = "", body }: LookUpValues, pointer: string): string | null {
  if (!isUtf8(body)) return null;
  const text = Buffer.from(body).toString("utf8");
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType)) {
    const all = new URLSearchParams(text).getAll(stepsOf(pointer).join("/"));
    return all.length === 1 ? (all[0] ?? null) : null;
  }
  // A text with no single meaning, such as one with a name twice, has no fields that could be trusted.
  return canonicalJson(text) === null ? null : scalarAt(text, pointer);
}

/** A string, a number as it is written, or a boolean; null for everything else. `text` is JSON. */
export function scalarAt(text: string, pointer: string): string | null {
  const span = spanAt(text, stepsOf(pointer));
  if (span === null) return null;
  const written = text.slice(span.start, span.end);
  return /^[{[n]/.test(written) ? null : (stringAt(text, span) ?? written);
}
