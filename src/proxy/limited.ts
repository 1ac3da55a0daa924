import type { Readable } from "node:stream";

/** The chunks of a body, as long as they are not more than `bytesMax` together; then `refuse()` is thrown. */
export async function* limited(
  body: Readable,
  bytesMax: number,
  refuse: () => Error,
): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw refuse();
    yield chunk;
  }
}
