import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { readTextFile } from "../../src/config/text-file.ts";
import { ownFolder } from "./loading.ts";

describe("a file of text", () => {
  it("is read whole, within its bound and in UTF-8", async () => {
    const file = path.join(await ownFolder(), "a.yaml");
    await writeFile(file, "ä: 1\n");
    expect(await readTextFile(file, "a file", 6)).toEqual({ kind: "text", text: "ä: 1\n" });
    expect(await readTextFile(file, "a file", 5)).toMatchObject({
      kind: "unreadable",
      found: "a larger file",
    });
    await writeFile(file, Buffer.from([0xff]));
    expect(await readTextFile(file, "a file", 5)).toMatchObject({ found: "bytes that are not UTF-8" });
  });

  it("is said to be what it was to be where it cannot be read", async () => {
    const folder = await ownFolder();
    expect(await readTextFile(path.join(folder, "none"), "a document", 5)).toEqual({
      kind: "missing",
      expected: "a document that can be read",
      found: "no such file",
    });
    expect(await readTextFile(folder, "a document", 5)).toMatchObject({
      kind: "unreadable",
      found: "a folder",
    });
  });
});
