import { describe, expect, it } from "vitest";
import { engineSchema } from "../../src/config/engine-schema.ts";
import type { Schema } from "../../src/config/schema.ts";

const root = engineSchema({ post: {}, ledger: {} });

describe("the engine's own part of the schema", () => {
  it("bounds every number, and gives it a default inside, or says what it means to leave it out", () => {
    const numbers = keysOf(root, "").filter(
      ([, schema]) => schema.type === "integer" || schema.type === "number",
    );
    expect(numbers.length).toBeGreaterThan(15);
    const outside = numbers.filter(([, { minimum, maximum, default: value, description = "" }]) => {
      if (minimum === undefined || maximum === undefined) return true;
      if (value === undefined) return !description.includes("Left out: ");
      if (typeof value !== "number") return true;
      return value < minimum || value > maximum;
    });
    expect(outside).toEqual([]);
  });

  it("ends the name of every number in its unit, or says it is a count", () => {
    const named =
      /(Bytes|Ms|Seconds|Hours|Days|Percent)(Max|Min)?$|^(port|attemptsMax|requestsPerMinuteMax|concurrentMax)$/;
    const unnamed = keysOf(root, "")
      .filter(([, schema]) => schema.type === "integer" || schema.type === "number")
      .map(([path]) => path)
      .filter((path) => !named.test(path.split(".").at(-1) ?? ""));
    expect(unnamed).toEqual([]);
  });

  it("says what every key means", () => {
    const silent = keysOf(root, "").filter(([, { description }]) => description === undefined);
    expect(silent.map(([path]) => path)).toEqual(["ledger"]);
  });

  it("lets no body be larger than a string of V8", () => {
    const largest = keysOf(root, "")
      .filter(([path]) => path.endsWith("BytesMax"))
      .map(([, { maximum }]) => maximum ?? 0);
    // https://github.com/v8/v8/blob/main/include/v8-primitive.h: String::kMaxLength on 64 bits
    expect(Math.max(...largest)).toBeLessThan(2 ** 29 - 24);
  });
});

/** Every key with its schema, maps by the schema of their entries. */
function keysOf(schema: Schema, path: string): readonly (readonly [string, Schema])[] {
  const entries =
    typeof schema.additionalProperties === "object" ? keysOf(schema.additionalProperties, `${path}.*`) : [];
  return [
    ...entries,
    ...Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
      const at = path === "" ? key : `${path}.${key}`;
      return [[at, child] as const, ...keysOf(child, at)];
    }),
  ];
}
