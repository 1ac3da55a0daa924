import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { openChecker } from "../../src/config/schema-faults.ts";
import { serviceSchemaFile, serviceTableSchema } from "../../src/config/service-schema.ts";

describe("the schema of the table of services", () => {
  it("is current in config/services.schema.json: if not, run `npm run schema`", async () => {
    const file = new URL("../../config/services.schema.json", import.meta.url);
    expect(await readFile(file, "utf8")).toBe(serviceSchemaFile());
  });

  const row = {
    name: "A",
    hosts: ["a.test"],
    paths: ["/v1/**"],
    key: { in: "json", pointer: "/key" },
    source: "https://a.test/docs",
    checked: "2026-11-30",
  };
  const faults = (change: object): readonly string[] =>
    openChecker(serviceTableSchema)({ services: [{ ...row, ...change }] }).map(({ path }) => path.join("."));

  it.each([
    { in: "header", name: "Idempotency-Key" },
    { in: "header", name: "Idempotency-Key", quoted: true },
    { in: "json", pointer: "/a/b~1c" },
    { in: "form", field: "IdempotencyKey" },
    { in: "query", parameter: "requestId" },
    { in: "graphql-variable", fields: ["*Create"], argument: "input" },
    { in: "graphql-variable", fields: ["*Create"], argument: "input", pointer: "/id" },
    { in: "graphql-directive", fields: ["refundCreate"], directive: "idempotent", argument: "key" },
  ])("knows the place %j", (key) => {
    expect(faults({ key })).toEqual([]);
  });

  it.each([
    [{ key: { in: "cookie", name: "a" } }, "services.0.key.in"],
    [{ key: { in: "header" } }, "services.0.key.name"],
    [{ key: { in: "json", pointer: "key" } }, "services.0.key.pointer"],
    [{ key: { in: "json", pointer: "/key", name: "x" } }, "services.0.key.name"],
    [
      { key: { in: "graphql-directive", fields: [], directive: "a", argument: "b" } },
      "services.0.key.fields",
    ],
    [{ hosts: ["https://a.test"] }, "services.0.hosts.0"],
    [{ hosts: [] }, "services.0.hosts"],
    [{ paths: ["v1"] }, "services.0.paths.0"],
    [{ paths: ["/v1?a=1"] }, "services.0.paths.0"],
    [{ methods: ["GET"] }, "services.0.methods.0"],
    [{ keyLengthMax: 21 }, "services.0.keyLengthMax"],
    [{ keyForm: "hex" }, "services.0.keyForm"],
    [{ keyRetentionSeconds: 0 }, "services.0.keyRetentionSeconds"],
    [{ conflict: "done" }, "services.0.conflict"],
    [{ ignore: ["nonce"] }, "services.0.ignore.0"],
    [{ source: "the documentation" }, "services.0.source"],
    [{ checked: "30.11.2026" }, "services.0.checked"],
    [{ retentionHours: 24 }, "services.0.retentionHours"],
  ])("finds the fault in %j", (change, path) => {
    expect(faults(change)).toContain(path);
  });
});
