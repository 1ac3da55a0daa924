import { isUtf8 } from "node:buffer";
import { JsonSyntaxError, nestingOf, readJson } from "../json-tree.ts";
import { malformed } from "../malformed.ts";
import { OverLimit } from "../schema.ts";
import { complaint } from "../wording.ts";

// The check of arguments takes a little more, since the body stands inside them.
const depthMax = 120;
// It is read before the check of arguments, with its own bound, sees it.
const bytesMax = 2 ** 20;

/** What keeps a body from being JSON, in a sentence; undefined where it is JSON. Throws `OverLimit`. */
export function jsonFault(bytes: Uint8Array, text: string): string | undefined {
  if (bytes.byteLength > bytesMax) throw new OverLimit(`the body has more than ${bytesMax} bytes`);
  if (!isUtf8(bytes)) return "expected JSON in UTF-8; found other bytes.";
  if (nestingOf(text, depthMax + 1) > depthMax) return `expected at most ${depthMax} levels of nesting.`;
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    return whereItBreaks(text);
  }
}

/** The engine's own words name no line. */
function whereItBreaks(text: string): string {
  try {
    readJson(text, { depthMax });
    return "expected JSON.";
  } catch (thrown) {
    if (!(thrown instanceof JsonSyntaxError)) throw thrown;
    return complaint(malformed(text, thrown)).replace(
      "The arguments are not valid JSON: at",
      "not valid JSON: at",
    );
  }
}
