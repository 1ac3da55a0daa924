import { describe, expect, it } from "vitest";
import { mutated, tryMutation } from "./mutation/mutate.ts";
import { mutations } from "./mutation/mutations.ts";

describe("the mutants", () => {
  it.each(mutations)("$name still fits the source", async (mutation) => {
    const files = await mutated(mutation);
    expect(files.size).toBeGreaterThan(0);
  });

  // All of them take minutes: `npm run mutants`.
  it(
    "one that answers before it records is caught within a few histories",
    { timeout: 120_000 },
    async () => {
      const mutation = mutations.find(({ name }) => name === "outcome-after-the-answer");
      if (mutation === undefined) throw new Error("the mutant is gone");
      const { caughtBy } = await tryMutation(mutation, 20);
      expect(caughtBy).toMatch(/^seed \d+: \S+ heard ok while its record says intent$/);
    },
  );

  it(
    "none is caught where nothing was changed, and one that does not run is no success",
    { timeout: 120_000 },
    async () => {
      const same = { name: "same", does: "nothing else", edits: [] };
      expect((await tryMutation(same, 5)).caughtBy).toBeNull();
      const edit = {
        file: "src/proxy/effects/outcome.ts",
        from: "export function outcomeOf",
        to: "export function",
      };
      await expect(tryMutation({ ...same, edits: [edit] }, 5)).rejects.toThrow("does not run");
    },
  );
});
