import type { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/** Codings of a `content-encoding` value, in the order in which they were applied (RFC 9110 8.4). */
function codingsOf(contentEncoding: string | undefined): readonly string[] {
  return (contentEncoding ?? "")
    .split(",")
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== "" && coding !== "identity");
}

/** How many codings on top of each other are undone; real senders use one. */
const codingsMax = 2;

/** The coding that keeps a body from being read here, or undefined where all can be undone. */
export function unknownCoding(contentEncoding: string | undefined): string | undefined {
  const codings = codingsOf(contentEncoding);
  if (codings.length > codingsMax) return contentEncoding;
  return codings.find((coding) => !Object.hasOwn(decoders, coding));
}

/**
 * The body without its content codings; the same stream where it has none. Errors of the coding
 * come out of the stream. Call `unknownCoding` first.
 */
export function decoded(body: Readable, contentEncoding: string | undefined): Readable {
  let stream = body;
  for (const coding of codingsOf(contentEncoding).toReversed()) {
    const decoder = decoders[coding]?.();
    if (decoder === undefined) throw new RangeError(`unknown content coding ${coding}`);
    // The error reaches whoever reads the decoder, so the callback has nothing left to do.
    stream = pipeline(stream, decoder, () => {});
  }
  return stream;
}
