import { createHmac } from "node:crypto";
import { sha256Hex } from "./hash.ts";
import { escapeLookAlikes, unescapeLookAlikes } from "./look-alikes.ts";

const whole = /^<untrusted-data id="([A-Z2-7]{16})" tool="[^"\n]*">\n([^]*)\n<\/untrusted-data id="\1">$/;

/**
 * Content of unknown intent between two lines that only the holder of `key` could have made for this
 * content of this tool. The id is bound to nothing else: the same result is framed in the same bytes
 * in every turn, on every replica and after a restart, even where a client renames its calls.
 */
export function frameUntrusted(key: Uint8Array, tool: string, content: string): string {
  const id = frameId(key, tool, content);
  const opening = `<untrusted-data id="${id}" tool="${attribute(tool)}">`;
  return `${opening}\n${escapeLookAlikes(content)}\n</untrusted-data id="${id}">`;
}

/**
 * The content of a text that is, from first to last character, our own frame for that content and
 * tool, as a gateway behind another one with the same key meets it; undefined for any other text.
 */
export function contentOfFrame(key: Uint8Array, tool: string, text: string): string | undefined {
  const inner = whole.exec(text)?.[2];
  if (inner === undefined) return undefined;
  const content = unescapeLookAlikes(inner);
  return frameUntrusted(key, tool, content) === text ? content : undefined;
}

/**
 * 80 bits of an HMAC (RFC 2104) in Base32 (RFC 4648, section 6). To end a frame early, content would
 * have to hold its own MAC under a key that its author does not know.
 */
function frameId(key: Uint8Array, tool: string, content: string): string {
  const bound = JSON.stringify(["v1", tool, sha256Hex(content)]);
  const bytes = createHmac("sha256", key).update(bound).digest().subarray(0, 10);
  let bits = BigInt(`0x${bytes.toString("hex")}`);
  let id = "";
  for (let digit = 0; digit < 16; digit += 1) {
    id = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".charAt(Number(bits & 31n)) + id;
    bits >>= 5n;
  }
  return id;
}

/** A tool's name comes from outside, too: it must neither end the attribute nor say much. */
function attribute(tool: string): string {
  return tool.slice(0, 128).replaceAll(/[^\w.:/-]/gu, "_");
}
