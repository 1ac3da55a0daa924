import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { composeSchema, schemaFile } from "../../src/config/schema.ts";
import { guards } from "../../src/guards/index.ts";
import { stores } from "../../src/ledger/index.ts";
import { testSockets } from "./sockets.ts";

describe("the schema of the configuration", () => {
  it("is current in config/longstop.schema.json: if not, run `npm run schema`", async () => {
    const file = new URL("../../config/longstop.schema.json", import.meta.url);
    expect(await readFile(file, "utf8")).toBe(schemaFile({ guards, stores }));
  });

  it("has a branch for each guard and each store, with what every post has and its own options", () => {
    const { properties } = composeSchema(testSockets);
    const branches = properties?.["posts"]?.items?.oneOf ?? [];
    expect(branches.map((branch) => Object.keys(branch.properties ?? {}))).toEqual([
      ["guard", "mode", "onError", "planes", "nulls", "formatsEnforced"],
      ["guard", "mode", "onError", "planes", "delimit"],
      ["guard", "mode", "onError", "planes", "highWater", "lowWater", "note"],
      ["guard", "mode", "onError", "planes"],
      ["guard", "mode", "onError", "planes"],
      ["guard", "mode", "onError", "planes"],
    ]);
    expect(properties?.["ledger"]?.oneOf?.map((branch) => Object.keys(branch.properties ?? {}))).toEqual([
      ["kind", "file", "retentionDays", "encryption"],
    ]);
  });

  it("leaves no guard an option that every post has already", () => {
    const own = ["guard", "mode", "onError", "planes"];
    const clashes = guards.flatMap(({ name, options }) =>
      own.filter((key) => Object.hasOwn(options, key)).map((key) => `${name}: ${key}`),
    );
    expect(clashes).toEqual([]);
  });
});
