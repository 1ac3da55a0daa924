import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { readServiceTable } from "../../src/config/service-table.ts";
import { configOf, faultLines, faultsOf, ownFolder } from "./loading.ts";

const row = `name: A
    hosts: [a.test]
    paths: [/v1/*]
    key: { in: header, name: X-Key }
    source: https://a.test/docs
    checked: "2026-11-30"`;

/** A table of its own in a file of its own. */
async function tableFile(text: string): Promise<string> {
  const file = path.join(await ownFolder(), "services.yaml");
  await writeFile(file, text);
  return file;
}

const loading = (file: string): string =>
  `tools: { t: { url: "https://a.test" } }\neffects: { services: "${file}" }`;

describe("a table of services", () => {
  it("gives its rows in order, with what a row leaves out", async () => {
    const file = await tableFile(
      `services:\n  - ${row}\n  - ${row}\n    keyLengthMax: 40\n    keyForm: uuid\n    keyRetentionSeconds: 1800\n`,
    );
    const { keyedServices } = await configOf(loading(file));
    const common = {
      name: "A",
      hosts: ["a.test"],
      paths: ["/v1/*"],
      methods: ["POST"],
      key: { in: "header", name: "X-Key", quoted: false },
      conflict: "in-doubt",
      ignore: [],
      source: "https://a.test/docs",
      checked: "2026-11-30",
    };
    expect(keyedServices).toEqual([
      { ...common, limits: {} },
      { ...common, limits: { lengthMax: 40, form: "uuid" }, keyRetentionSeconds: 1800 },
    ]);
  });

  it("may be empty, which keys nothing by itself", async () => {
    expect((await configOf(loading(await tableFile("services: []")))).keyedServices).toEqual([]);
  });

  it("has all its faults said at once, each with its place in its own file", async () => {
    const file = await tableFile(
      `services:\n  - ${row.replace("a.test]", "A.test]")}\n    retention: 5\n  - ${row.replace("header,", "headr,")}\n`,
    );
    expect(await faultLines(loading(file))).toEqual([
      expect.stringMatching(/^3:13 services\[0\]\.hosts\[0\] \| a host name in lower case/),
      expect.stringMatching(
        /^8:5 services\[0\]\.retention \| one of the keys .* \| an unknown key, "retention"/,
      ),
      expect.stringMatching(
        /^12:16 services\[1\]\.key\.in \| one of header, json, form, .*Did you mean header\?$/,
      ),
    ]);
    expect((await faultsOf(loading(file))).every(({ origin }) => origin === file)).toBe(true);
  });

  it("has those faults said that only several keys show", async () => {
    const file = await tableFile(
      `services:\n  - ${row.replace("X-Key", "Authorization")}\n    keyForm: uuid\n    keyLengthMax: 32\n`,
    );
    expect((await faultsOf(loading(file))).map((fault) => fault.path)).toEqual([
      "services[0].key.name",
      "services[0].keyLengthMax",
    ]);
  });

  it.each([
    ["services: [", "no YAML"],
    ["", "nothing"],
    ["services: 5", "no list"],
    ["services: []\nservices: []", "a key twice"],
  ])("%j has a fault: it is %s", async (text) => {
    expect((await faultsOf(loading(await tableFile(text)))).length).toBeGreaterThan(0);
  });

  it("that cannot be read is a fault of the key that names it", async () => {
    const missing = path.join(await ownFolder(), "none.yaml");
    expect(await faultLines(loading(missing))).toEqual([
      `2:22 effects.services | a table of services that can be read | "${missing}": no such file`,
    ]);
  });

  it("that comes with Longstop has no fault, and is read once", async () => {
    const table = await readServiceTable(null);
    if (table.kind !== "services") throw new Error(JSON.stringify(table));
    expect(table.services.length).toBeGreaterThanOrEqual(30);
    expect(await readServiceTable(null)).toBe(table);
    const names = table.services.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const { keyedServices } = await configOf('tools: { t: { url: "https://a.test" } }');
    expect(keyedServices).toBe(table.services);
  });

  it("is not even read where no tool could ask it", async () => {
    expect((await configOf("")).keyedServices).toEqual([]);
  });
});
