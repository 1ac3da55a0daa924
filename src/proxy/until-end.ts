import { setTimeout as sleep } from "node:timers/promises";
import type { StreamReader } from "../protocols/protocol.ts";
import type { ChunkSource } from "./answer-chunks.ts";

/**
 * How long an upstream may keep the connection open behind the last frame, ms. Most end it in the
 * same packet, and then it can be used again; what was held must not wait for those that do not.
 */
const lingerMs = 250;

/** The chunks of a stream until it ends, or until shortly after the protocol's own end was read. */
export async function* untilEnd(
  body: ChunkSource,
  reader: Pick<StreamReader, "ended">,
): AsyncGenerator<Buffer, void, undefined> {
  const chunks = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = chunks.next();
      const got = reader.ended
        ? await Promise.race([next, sleep(lingerMs, null, { ref: false })])
        : await next;
      if (got === null) {
        // The connection is given up, so how its read ends is of no interest.
        next.catch(() => {});
        return;
      }
      if (got.done === true) return;
      yield got.value;
    }
  } finally {
    body.destroy();
  }
}
