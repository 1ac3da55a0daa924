import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { changesOf } from "../../src/config/changes.ts";
import { explainConfig } from "../../src/config/explain.ts";
import { type Loaded, loadConfig } from "../../src/config/load.ts";
import { noSecrets } from "../../src/config/secrets.ts";
import { documentFiles } from "../../src/config/tool-arguments.ts";
import { ownFolder } from "./loading.ts";
import { testSockets } from "./sockets.ts";

const bookshop = fileURLToPath(new URL("../fixtures/openapi/bookshop.yaml", import.meta.url));

/** Loads a configuration with this tool, beside files of these names. */
async function load(
  tool: string,
  files: Readonly<Record<string, string>> = {},
  in_ = ownFolder(),
): Promise<Loaded> {
  const folder = await in_;
  await cp(bookshop, path.join(folder, "bookshop.yaml"));
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  const file = path.join(folder, "longstop.yaml");
  await writeFile(file, `tools:\n  shop: { url: "http://h.example/v2", ${tool} }\n`);
  return loadConfig({ file, defaultFile: file, overrides: {}, sockets: testSockets });
}

async function faults(
  tool: string,
  files: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const loaded = await load(tool, files);
  if (loaded.kind !== "faults") return [];
  return loaded.faults.map(
    ({ origin, line, column, path: at, expected }) =>
      `${path.basename(origin)}:${line}:${column} ${at}: ${expected}`,
  );
}

async function configured(tool: string, files: Readonly<Record<string, string>> = {}, folder = ownFolder()) {
  const loaded = await load(tool, files, folder);
  if (loaded.kind === "faults") throw new Error(JSON.stringify(loaded.faults));
  return loaded.config;
}

// Ten times ten times ten times ten.
const bomb = ["b", "c", "d", "e"]
  .map((name, place) => `${name}: &${name} [${Array.from({ length: 10 }, () => `*${"abcd"[place]}`).join()}]`)
  .join("\n");

const api = (paths: unknown, more: object = {}): string =>
  JSON.stringify({ openapi: "3.0.3", paths, ...more }, null, 1);

describe("the document of a tool", () => {
  it("is found beside the configuration, read as YAML or JSON, and counted", async () => {
    const config = await configured("arguments: { openapi: bookshop.yaml }");
    expect(config.tools["shop"]?.arguments?.read.count).toBe(12);
    const files = { "a.json": api({ "/a": { get: {} } }) };
    expect(
      (await configured("arguments: { openapi: a.json }", files)).tools["shop"]?.arguments?.read.count,
    ).toBe(1);
    expect(documentFiles(config.tools, "/folder")).toEqual([path.resolve("/folder/bookshop.yaml")]);
  });

  it("is explained: how many operations are checked, and what happens to others", async () => {
    const duties = { offer: [], call: [], result: [], prompt: [], reply: [] };
    const explained = async (tool: string): Promise<string> =>
      explainConfig(await configured(tool), duties, null);
    expect(await explained("arguments: { openapi: bookshop.yaml }")).toContain(
      "arguments of 12 operations of bookshop.yaml checked (enforce, others refused)",
    );
    expect(
      await explained(
        "arguments: { operations: [{ method: GET, path: /a }], mode: report, unknownOperations: pass }",
      ),
    ).toContain("arguments of 1 operation checked (report, others pass)");
    expect(await explained("arguments: { openapi: bookshop.yaml, mode: off }")).toContain(
      "arguments not checked (12 operations",
    );
    expect(await explained("effect: read")).not.toContain("arguments");
  });

  it("has changed where its text has, and only then", async () => {
    const folder = ownFolder();
    const tool = "arguments: { openapi: a.json }";
    const before = await configured(tool, { "a.json": api({ "/a": { get: {} } }) }, folder);
    const same = await configured(tool, {}, folder);
    const after = await configured(tool, { "a.json": api({ "/b": { get: {} } }) }, folder);
    const changed = (to: typeof before): readonly string[] =>
      changesOf({ config: before, secrets: noSecrets }, { config: to, secrets: noSecrets }).changed;
    expect(changed(same)).toEqual([]);
    expect(changed(after)).toEqual(["tools.shop.arguments.read.digest"]);
  });

  it("is faulty with the line of everything that is wrong in it, beside what is wrong in the configuration", async () => {
    const broken = (await readFile(bookshop, "utf8"))
      .replace('isbn: { type: string, pattern: "^[0-9]{13}$" }', "isbn: { type: text }")
      .replace("#/components/schemas/card", "#/components/schemas/cart");
    const found = await faults("arguments: { openapi: b.yaml }, timeoutMs: soon", { "b.yaml": broken });
    expect(found).toHaveLength(3);
    expect(found[0]).toMatch(/^longstop\.yaml:2:\d+ tools\.shop\.timeoutMs: an integer/);
    expect(found.slice(1).join("\n")).toMatch(
      /b\.yaml:\d+:\d+ \/components\/schemas\/book\/properties\/isbn\/type: one of/,
    );
    const lines = broken.split("\n");
    const at = Number(/b\.yaml:(\d+):\d+ [^ ]*oneOf\/0\/\$ref/.exec(found.join("\n"))?.[1]);
    expect(lines[at - 1]).toContain("schemas/cart");
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    [
      "{ openapi: none.yaml }",
      {},
      "longstop.yaml:2:61 tools.shop.arguments.openapi: an OpenAPI document that can be read",
    ],
    ["{ mode: report }", {}, "tools.shop.arguments: one of the keys openapi and operations"],
    [
      "{ openapi: bookshop.yaml, operations: [{ method: GET, path: /a }] }",
      {},
      "one of the keys openapi and operations",
    ],
    [
      "{ openapi: a.json }",
      { "a.json": '{"openapi": "3.1.0",\n "paths": {}, "paths": {}}' },
      "a.json:2:15 : every key once",
    ],
    [
      "{ openapi: a.yaml }",
      { "a.yaml": "openapi: 3.1.0\npaths: {}\npaths: {}\n" },
      "a.yaml:3:1 : every key once",
    ],
    ["{ openapi: a.yaml }", { "a.yaml": "openapi: [" }, "a.yaml:1:11"],
    [
      "{ openapi: a.yaml }",
      { "a.yaml": `a: ${"[".repeat(5_000)}${"]".repeat(5_000)}` },
      "at most 100 levels of nesting",
    ],
    [
      "{ openapi: a.yaml }",
      { "a.yaml": `a: &a [x]\n${bomb}` },
      "anchors that are repeated at most 1000 times",
    ],
    ["{ openapi: a.yaml }", { "a.yaml": "swagger: '2.0'\n" }, "a.yaml:1:10 /swagger: an OpenAPI document"],
    [
      "{ operations: [{ method: GET, path: '/{a' }] }",
      {},
      "tools.shop.arguments.operations: a path with each {",
    ],
    [
      "{ operations: [{ method: GET, path: /a, query: { not: {} } }] }",
      {},
      "operations[0].query.not: properties and required alone",
    ],
  ])("is faulty: %s", async (written, files, fault) => {
    expect((await faults(`arguments: ${written}`, files)).join("\n")).toContain(fault);
  });

  it("has to be about the paths of its tool, unless told which", async () => {
    const files = { "a.json": api({ "/a": { get: {} } }, { servers: [{ url: "https://h.example/v3" }] }) };
    expect(await faults("arguments: { openapi: a.json }", files)).toEqual([
      "longstop.yaml:2:39 tools.shop.arguments: operations below the path of the tool's URL, /v2",
    ]);
    expect(await faults("arguments: { openapi: a.json, basePath: /v2 }", files)).toEqual([]);
    const below = { "a.json": api({ "/a": { get: {} } }, { servers: [{ url: "/v2/eu" }] }) };
    expect(await faults("arguments: { openapi: a.json }", below)).toEqual([]);
  });
});
