import { pairs } from "../../upstream-headers.ts";
import { closed, type KeyedRequest, type Slot } from "./slot.ts";

/** What a header can carry without being misread (RFC 9110, 5.5): visible ASCII, and spaces inside. */
const visible = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** A string of RFC 8941, section 3.3.3. */
const quotedString = /^"(?:[^"\\]|\\["\\])*"$/;

/**
 * A header of its own. A key that comes in quotes is the one without them, whichever form the service
 * wants, and leaves in the form that it wants.
 */
export function headerSlot(request: KeyedRequest, name: string, quoted: boolean): Slot {
  const own = [...pairs(request.headers)].filter(([key]) => key.toLowerCase() === name.toLowerCase());
  if (own.length > 1) return closed(`the header ${name} came ${own.length} times`);
  const written = own[0]?.[1] ?? "";
  const key = written === "" ? null : unquoted(written);
  if (key !== null && !visible.test(key)) return closed(`the header ${name} is no visible ASCII`);
  const change = (given: string): KeyedRequest => {
    const value = quoted ? quote(given) : given;
    return value === written ? request : { ...request, headers: withHeader(request.headers, name, value) };
  };
  // Headers are no part of an operation's identity, so nothing has to be taken out.
  return { kind: "open", key, with: change, without: () => request };
}

function unquoted(written: string): string {
  if (!quotedString.test(written)) return written;
  return written.slice(1, -1).replaceAll(/\\(["\\])/g, "$1");
}

/** The serialisation of RFC 8941, section 4.1.6. */
function quote(key: string): string {
  return `"${key.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** In the place of the header's own value where it has one, else at the end. */
function withHeader(headers: readonly string[], name: string, value: string): readonly string[] {
  const at = headers.findIndex((key, i) => i % 2 === 0 && key.toLowerCase() === name.toLowerCase());
  if (at < 0) return [...headers, name, value];
  return headers.with(at + 1, value);
}
