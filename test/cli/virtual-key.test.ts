import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { makeVirtualKey, readVirtualKey, virtualKeyText } from "../../src/cli/virtual-key.ts";
import { isVirtualKey } from "../../src/exchange/virtual-key.ts";
import { ownFolder } from "../config/loading.ts";

describe("a new virtual key", () => {
  it("looks like one, is another each time, and is known by the hash of its text", () => {
    const keys = Array.from({ length: 100 }, () => makeVirtualKey(randomBytes));
    expect(keys.every(({ key }) => isVirtualKey(key))).toBe(true);
    expect(new Set(keys.map(({ key }) => key)).size).toBe(100);
    for (const { key, hash } of keys) {
      expect(hash).toBe(`sha256:${createHash("sha256").update(key).digest("hex")}`);
    }
  });

  it("has at least 128 random bits", () => {
    let asked = 0;
    makeVirtualKey((bytes) => randomBytes((asked = bytes)));
    expect(asked * 8).toBeGreaterThanOrEqual(128);
  });

  it("is printed alone on the first line, for scripts", () => {
    const made = makeVirtualKey(randomBytes);
    expect(virtualKeyText(made).split("\n", 1)).toEqual([made.key]);
  });
});

describe("a virtual key for a command", () => {
  const { key } = makeVirtualKey(randomBytes);

  it("comes from a variable or from a file", async () => {
    const file = path.join(await ownFolder(), "key");
    await writeFile(file, `${key}\n`);
    expect(await readVirtualKey({ keyFile: file }, {})).toBe(key);
    expect(await readVirtualKey({ keyEnv: "ACME_KEY" }, { ACME_KEY: key })).toBe(key);
    expect(await readVirtualKey({}, { ACME_KEY: key })).toBeNull();
  });

  it("is told from what is none, which is not shown", async () => {
    const folder = await ownFolder();
    const file = path.join(folder, "key");
    await writeFile(file, "sk-hunter2");
    const read = (flags: Parameters<typeof readVirtualKey>[0]) =>
      readVirtualKey(flags, { OTHER: "sk-hunter2" }).then(
        () => "a key",
        (error: unknown) => String(error),
      );
    expect(await read({ keyEnv: "NOT_SET" })).toContain("The variable NOT_SET is not there or is empty");
    for (const flags of [{ keyEnv: "OTHER" }, { keyFile: file }]) {
      const sentence = await read(flags);
      expect(sentence).toContain("holds something else");
      expect(sentence).not.toContain("hunter2");
    }
    expect(await read({ keyFile: path.join(folder, "missing") })).toContain("found no such file");
  });
});
