import { expect, it } from "vitest";
import { defineGuard } from "../../src/guards/guard.ts";

it("gives the guard back as it is: only its option types are put aside", () => {
  const definition = {
    name: "nothing",
    version: 1,
    summary: "For tests.",
    options: { most: { type: "integer", default: 3, description: "How many." } },
    watch: ({ most }: { most: number }) => ({
      watches: {},
      hold: most > 2 ? ("all" as const) : ("none" as const),
    }),
  } as const;
  const guard = defineGuard<{ most: number }>(definition);
  expect(guard).toBe(definition);
});
