import { describe, expect, it } from "vitest";
import { grown, heapBytesMax, leakRun, rssBytesMax } from "./support/leak-run.ts";
import type { Held } from "./support/process-probe.ts";

describe("a gateway whose clients vanish at every stage, in every protocol", () => {
  it("holds no more handles, files and memory afterwards, and serves on", { timeout: 120_000 }, async () => {
    const run = await leakRun({ requests: 600, warmUp: 200 });
    expect(run.faults).toEqual([]);
  });
});

describe("the measurement", () => {
  it(
    "sees the memory, the timers and the sockets that a gateway leaves behind",
    { timeout: 120_000 },
    async () => {
      const plants = ["memory", "timer", "socket"] as const;
      const { faults } = await leakRun({ requests: 240, warmUp: 80, plants, settleMs: 3000 });
      expect(faults).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^the heap grew by \d+ bytes$/),
          expect.stringMatching(/^\d+ more resources of the kind Timeout$/),
          expect.stringMatching(/^\d+ more files of the kind socket$/),
        ]),
      );
    },
  );

  it("takes growth inside the tolerance for none", () => {
    const base: Held = { resources: { Timeout: 2 }, files: { socket: 3 }, heapBytes: 1000, rssBytes: 1000 };
    const most = { heapBytes: 1000 + heapBytesMax(600), rssBytes: 1000 + rssBytesMax(600) };
    expect(grown(base, { ...base, ...most }, 600)).toEqual([]);
    expect(grown(base, { ...base, heapBytes: most.heapBytes + 1 }, 600)).toHaveLength(1);
    expect(grown(base, { ...base, rssBytes: most.rssBytes + 1 }, 600)).toHaveLength(1);
    expect(grown(base, { ...base, files: { socket: 3, pipe: 1 } }, 600)).toEqual([
      "1 more files of the kind pipe",
    ]);
  });
});
