import { describe, expect, it } from "vitest";
import { guards } from "../../src/guards/index.ts";

describe("the list of guards", () => {
  it("names each guard once, in words that a configuration can hold", () => {
    const names = guards.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  it.each(guards.map((guard) => [guard.name, guard] as const))(
    "%s has a sentence and a default for every option",
    (_name, guard) => {
      expect(guard.summary).toMatch(/\.$/);
      for (const option of Object.values<{ default: unknown; description: string }>(guard.options)) {
        expect(option.default).not.toBeUndefined();
        expect(option.description.length).toBeGreaterThan(10);
      }
    },
  );
});
