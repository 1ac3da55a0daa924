import { describe, expect, it } from "vitest";
import { blobBytesMax, freeStates } from "../../src/ledger/ledger.ts";
import { transitions } from "../../src/ledger/transitions.ts";

describe("the ledger's contract", () => {
  it("frees only what was surely not executed", () => {
    expect(freeStates).toEqual(["declined", "not-sent", "resolved-not-done"]);
  });

  it("lets nobody settle a record that is free: it is claimed again first", () => {
    for (const state of freeStates) expect(transitions[state]).toEqual({});
  });

  it("bounds a blob well below what a message between threads may hold up", () => {
    expect(blobBytesMax).toBeLessThanOrEqual(1024 * 1024);
  });
});
