import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { commandOf, isIgnored, parseDockerfile } from "../../scripts/dockerfile.ts";
import { baseImage, carryOut, checkBase, copyContext, type Image } from "../../scripts/image.ts";

/** Carries out a Dockerfile over a folder with these files; the last stage is what is left. */
function build(dockerfile: string, files: Readonly<Record<string, string>>): Image {
  const folder = mkdtempSync(path.join(tmpdir(), "image-"));
  const contextFolder = path.join(folder, "context");
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(contextFolder, name)), { recursive: true });
    writeFileSync(path.join(contextFolder, name), text);
  }
  const built = new Map<string, Image>();
  for (const stage of parseDockerfile(dockerfile)) {
    const image = baseImage(path.join(folder, stage.name));
    for (const one of stage.instructions)
      carryOut(one, image, { contextFolder, built, say: () => undefined });
    built.set(stage.name, image);
  }
  const last = [...built.values()].at(-1);
  if (last === undefined) throw new Error("no stage");
  return last;
}

describe("the project's Dockerfile", () => {
  const stages = parseDockerfile(readFileSync("Dockerfile", "utf8"));
  const last = stages.at(-1)?.instructions ?? [];
  const named = (name: string): string[] => last.filter((one) => one.name === name).map((one) => one.rest);

  it("builds in stages and runs without what only the build needs", () => {
    expect(stages.map((stage) => stage.base)).toEqual(["node:26-slim", "node:26-slim", "node:26-slim"]);
    expect(named("RUN")).toEqual([]);
    expect(last.filter((one) => one.flags["from"] === "build").map((one) => one.rest)).toEqual([
      "/app/dist ./dist",
      "/app/data ./data",
    ]);
  });

  it("runs as a user without rights, and says whether it is well", () => {
    expect(named("USER")).toEqual(["node"]);
    expect(named("HEALTHCHECK").join()).toContain("/-/health");
    expect(named("ENTRYPOINT")).toEqual(['["node", "longstop.mjs"]']);
  });

  it("is built from a context without modules, builds or ledgers of this machine", () => {
    const ignore = readFileSync(".dockerignore", "utf8");
    const kept = [
      "node_modules/hono/a.js",
      "dist/main.js",
      "data/longstop.db",
      "x.log",
      ".git/config",
      "src/main.ts",
      "package.json",
      "src/ledger/sql/001.sql",
    ].filter((file) => !isIgnored(file, ignore, path.posix.matchesGlob));
    expect(kept).toEqual(["src/main.ts", "package.json", "src/ledger/sql/001.sql"]);
  });
});

describe("the script that carries out a Dockerfile", () => {
  it("copies as Docker does: files into folders, what is in a folder, from another stage", () => {
    const image = build(
      `FROM node:26 AS one\nWORKDIR /app\nCOPY a.txt b.txt ./\nCOPY folder ./inner\nRUN cat a.txt inner/c.txt > made.txt
FROM node:26\nENV GREETING="hello"\nWORKDIR /srv\nCOPY --from=one --chown=node:node /app/made.txt ./made/it.txt
RUN echo $GREETING >> made/it.txt`,
      { "a.txt": "A", "b.txt": "B", "folder/c.txt": "C" },
    );
    expect(readFileSync(path.join(image.folder, "srv/made/it.txt"), "utf8")).toBe("AChello\n");
  });

  it("fails where a step fails, a file is missing, or an instruction is unknown", () => {
    expect(() => build("FROM node:26\nRUN echo oh no && false", {})).toThrow("oh no");
    expect(() => build("FROM node:26\nCOPY none.txt ./", {})).toThrow("none.txt is not there");
    expect(() => build("FROM node:26\nADD http://x /", {})).toThrow("Line 2: ADD is not known");
    expect(() => build("RUN true", {})).toThrow("must be FROM");
    expect(() => checkBase({ name: "0", base: "node:12-slim", instructions: [] })).toThrow("wants Node 12");
  });

  it("lets a step see nothing of the project's own environment", () => {
    process.env["LONGSTOP_SECRET"] = "leaked";
    const image = build("FROM node:26\nWORKDIR /app\nRUN env > env.txt", {});
    delete process.env["LONGSTOP_SECRET"];
    expect(readFileSync(path.join(image.folder, "app/env.txt"), "utf8")).not.toContain("leaked");
  });

  it("reads continued lines, comments, flags and both forms of a command", () => {
    const [stage] = parseDockerfile(
      "# note\nFROM node:26 AS x\nHEALTHCHECK --timeout=3s \\\n  # why\n  CMD true\n",
    );
    expect(stage?.instructions).toEqual([
      { line: 3, name: "HEALTHCHECK", flags: { timeout: "3s" }, rest: "CMD true" },
    ]);
    expect(commandOf('["node", "a b"]')).toEqual(["node", "a b"]);
    expect(commandOf("a && b")).toEqual(["/bin/sh", "-c", "a && b"]);
  });

  it("leaves out of the context what is ignored", () => {
    const from = mkdtempSync(path.join(tmpdir(), "context-"));
    const to = path.join(mkdtempSync(path.join(tmpdir(), "context-")), "to");
    writeFileSync(path.join(from, ".dockerignore"), "**/secret\n");
    mkdirSync(path.join(from, "deep/secret"), { recursive: true });
    writeFileSync(path.join(from, "deep/secret/a.txt"), "");
    writeFileSync(path.join(from, "deep/b.txt"), "");
    expect(copyContext(from, to)).toBe(2);
  });
});
