import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blobBytesMax, type Ledger } from "../../../src/ledger/ledger.ts";
import { BodyRecorder } from "../../../src/proxy/effects/body-recorder.ts";
import { recordedLog } from "../support/recorded-log.ts";

interface Kept {
  readonly blobs: Uint8Array[];
  readonly ledger: Ledger;
}

function keeping(failAt = Infinity): Kept {
  const blobs: Uint8Array[] = [];
  const put = (_tenant: string, bytes: Uint8Array): Promise<string> => {
    if (blobs.length >= failAt) return Promise.reject(new Error("full"));
    blobs.push(Buffer.from(bytes));
    return Promise.resolve(String(blobs.length - 1));
  };
  return { blobs, ledger: { put } as unknown as Ledger };
}

describe("recording a long body", () => {
  it("keeps every byte in order, in full pieces, however it came", async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 600_000 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(sizes, async (lengths) => {
        const { blobs, ledger } = keeping();
        const recorder = new BodyRecorder(ledger, "local", Infinity, recordedLog().log);
        const chunks = lengths.map((length, i) => Buffer.alloc(length, i + 1));
        for (const chunk of chunks) await recorder.add(chunk);
        const hashes = await recorder.end();
        expect(hashes).toEqual(blobs.map((_, i) => String(i)));
        expect(Buffer.concat(blobs).equals(Buffer.concat(chunks))).toBe(true);
        expect(blobs.slice(0, -1).every(({ length }) => length === blobBytesMax)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it("gives up over its bound, and where the ledger refuses a piece", async () => {
    const { log, entries } = recordedLog();
    const bounded = new BodyRecorder(keeping().ledger, "local", 10, log);
    await bounded.add(Buffer.alloc(11));
    await bounded.add(Buffer.alloc(11));
    expect(await bounded.end()).toBeNull();
    const refused = new BodyRecorder(keeping(1).ledger, "local", Infinity, log);
    for (let i = 0; i < 3; i++) await refused.add(Buffer.alloc(blobBytesMax));
    expect(await refused.end()).toBeNull();
    expect(entries.map(({ what }) => what)).toEqual(["long answer not recorded", "long answer not recorded"]);
  });
});
