import type { Readable } from "node:stream";

/**
 * A body read up to a limit.
 * `whole`: it ended inside it. `broken`: it broke off. `longer`: it is over the limit; `chunks()`
 * gives all of it, what was read already first.
 */
export type BodyRead =
  | { readonly kind: "whole"; readonly bytes: Uint8Array }
  | { readonly kind: "broken"; readonly cause: unknown }
  | { readonly kind: "longer"; chunks(): AsyncGenerator<Uint8Array, void, undefined> };

export async function readWithin(body: Readable, bytesMax: number): Promise<BodyRead> {
  const read: Buffer[] = [];
  let bytes = 0;
  const chunks = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await chunks.next();
      if (next.done === true) return { kind: "whole", bytes: Buffer.concat(read) };
      read.push(next.value);
      bytes += next.value.length;
      if (bytes > bytesMax) break;
    }
  } catch (cause) {
    return { kind: "broken", cause };
  }
  return {
    kind: "longer",
    async *chunks() {
      try {
        yield* read;
        for (;;) {
          const next = await chunks.next();
          if (next.done === true) return;
          yield next.value;
        }
      } finally {
        // Who stops early leaves no paused connection behind: no time limit would ever end it.
        await chunks.return?.();
      }
    },
  };
}
