import { isUtf8 } from "node:buffer";
import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import { LongstopError } from "../exchange/error.ts";
import { decoded, unknownCoding } from "./content-coding.ts";
import type { Inbound } from "./inbound.ts";
import { limited } from "./limited.ts";

/** A request's body, whole and without content codings. Throws or rejects in words that name the remedy. */
export function readDecoded(inbound: Inbound, bytesMax: number): Promise<Buffer> {
  const coding = inbound.incoming.headers["content-encoding"];
  const unknown = unknownCoding(coding);
  if (unknown !== undefined) {
    throw new LongstopError(
      "request_malformed",
      `The request is compressed as ${JSON.stringify(unknown)}, which is not known here.`,
    );
  }
  const raw = inbound.readBody(bytesMax);
  return coding === undefined ? raw : raw.then((bytes) => decompress(bytes, coding, bytesMax));
}

/** A body that is text, as all JSON is (RFC 8259 8.1). Throws where it is not valid UTF-8. */
export function textBody(bytes: Buffer): Buffer {
  if (isUtf8(bytes)) return bytes;
  throw new LongstopError("request_malformed", "The request body is not valid UTF-8.");
}

async function decompress(raw: Buffer, coding: string, bytesMax: number): Promise<Buffer> {
  const tooLarge = (): LongstopError =>
    new LongstopError(
      "request_too_large",
      `The request body is larger than ${bytesMax} bytes once decompressed.`,
    );
  try {
    return await buffer(limited(decoded(Readable.from([raw]), coding), bytesMax, tooLarge));
  } catch (cause) {
    if (cause instanceof LongstopError) throw cause;
    throw new LongstopError("request_malformed", `The request body is not valid ${coding}.`, { cause });
  }
}
