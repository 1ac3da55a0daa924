import type { ServerResponse } from "node:http";

/** Resolves once the client can take more, or is gone. Leaves no listener behind. */
export function drained(outgoing: ServerResponse): Promise<void> {
  // Neither event would come any more.
  if (outgoing.destroyed || !outgoing.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off("drain", done);
      outgoing.off("close", done);
      resolve();
    };
    outgoing.once("drain", done);
    outgoing.once("close", done);
  });
}
