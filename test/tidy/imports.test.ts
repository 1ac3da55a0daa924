import { describe, expect, it } from "vitest";
import { filesUnder, importsOf, type ProjectFile } from "./source-files.ts";

const lists = ["guards/index.ts", "protocols/index.ts", "ledger/index.ts"];
const contracts = [
  "guards/guard.ts",
  "protocols/protocol.ts",
  "protocols/turn-forms.ts",
  "ledger/ledger.ts",
  "ledger/ledger-store.ts",
];

/**
 * What each folder of src may import of the project, besides itself. A name ending in `.ts` is that
 * one file. ARCHITECTURE.md shows the same table.
 */
const table: Readonly<Record<string, readonly string[]>> = {
  exchange: [],
  text: [],
  wire: [],
  validators: ["text"],
  guards: ["exchange", "validators", "text"],
  protocols: ["exchange", "wire", "text"],
  ledger: ["exchange", "text"],
  proxy: ["exchange", "wire", "text", ...contracts],
  cli: ["exchange", "config", "ledger/ledger.ts"],
  // A list is of no use without the words of its contract.
  config: ["exchange", "validators", ...lists, ...contracts],
};

const sockets = new Set(["guards", "protocols", "ledger"]);

/** One sentence for each import that the table does not have. */
function faultsOf(file: ProjectFile): string[] {
  const [, folder = ""] = file.path.split("/");
  if (folder === "main.ts") return [];
  const allowed = table[folder];
  if (allowed === undefined) {
    return [
      `${file.path} lies in a folder that the import table does not know. Add it to the table, or move the file.`,
    ];
  }
  return importsOf(file).flatMap((target) => {
    if (!target.startsWith("src/")) return packageFault(file.path, folder, target);
    const inSrc = target.slice("src/".length);
    const targetFolder = inSrc.split("/")[0] ?? "";
    const isAllowed = targetFolder === folder || allowed.includes(targetFolder) || allowed.includes(inSrc);
    if (isAllowed) return implementationFault(file.path, inSrc);
    const may = allowed.length === 0 ? "nothing of the project" : allowed.join(", ");
    return [`${file.path} imports ${target}, but ${folder} may import ${may}. Move the code, or pass it in.`];
  });
}

/** The nouns need nobody, and nothing leaves src. */
function packageFault(file: string, folder: string, target: string): string[] {
  if (target.includes("/") && /^(?:test|examples|bench|scripts)\//.test(target)) {
    return [`${file} imports ${target}. Code in src needs nothing outside src; move it.`];
  }
  if (folder !== "exchange") return [];
  return [`${file} imports ${target}. A type that needs a library is no noun; move it out of exchange.`];
}

/** What lies in a folder of its own inside a socket is known to that folder and to the socket's list. */
function implementationFault(file: string, target: string): string[] {
  const [socket = "", implementation = "", inner] = target.split("/");
  if (!sockets.has(socket) || inner === undefined || implementation.endsWith(".ts")) return [];
  if (file.startsWith(`src/${socket}/${implementation}/`) || file === `src/${socket}/index.ts`) return [];
  return [
    `${file} imports src/${target}. Only src/${socket}/index.ts knows an implementation by name; use the contract.`,
  ];
}

describe("the import table", () => {
  it("is kept by every module of src", () => {
    const files = filesUnder("src", ".ts");
    expect(files.length).toBeGreaterThan(60);
    expect(files.flatMap(importsOf).filter((target) => target.startsWith("src/")).length).toBeGreaterThan(
      100,
    );
    expect(files.flatMap(faultsOf)).toEqual([]);
  });

  it.each<[string, string, string]>([
    ["src/text/a.ts", 'import { x } from "../exchange/run.ts";', "text may import nothing of the project"],
    [
      "src/guards/a.ts",
      'import type {\n  X,\n} from "../proxy/judge.ts";',
      "guards may import exchange, validators, text",
    ],
    ["src/proxy/a.ts", 'import { b } from "../guards/budget.ts";', "proxy may import"],
    ["src/proxy/a.ts", 'export { b } from "../ledger/sqlite/open.ts";', "proxy may import"],
    ["src/proxy/a.ts", 'const b = await import("../config/load.ts");', "proxy may import"],
    ["src/cli/a.ts", 'import "../proxy/engine.ts";', "cli may import"],
    ["src/config/a.ts", 'import { guards } from "../guards/budget.ts";', "config may import"],
    ["src/exchange/a.ts", 'import { Hono } from "hono";', "needs a library"],
    ["src/wire/a.ts", 'import { x } from "../../test/x.ts";', "needs nothing outside src"],
    ["src/ledger/a.ts", 'import { x } from "./sqlite/x.ts";', "Only src/ledger/index.ts"],
    ["src/news/a.ts", "", "does not know"],
  ])("notices that %s has %s", (path, text, sentence) => {
    expect(faultsOf({ path, text }).join("\n")).toContain(sentence);
  });

  it.each([
    ["src/proxy/a.ts", 'import type { Guard } from "../guards/guard.ts"; import { b } from "./b.ts";'],
    ["src/config/a.ts", 'import { guards } from "../guards/index.ts";'],
    ["src/ledger/index.ts", 'import { x } from "./sqlite/x.ts";'],
    ["src/main.ts", 'import { x } from "./ledger/sqlite/x.ts";'],
    ["src/text/a.ts", 'import { createHash } from "node:crypto"; // not from "../proxy/a.ts"'],
  ])("has nothing against %s with %s", (path, text) => {
    expect(faultsOf({ path, text })).toEqual([]);
  });
});
