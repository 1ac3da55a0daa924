import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { pollFiles } from "../../src/cli/file-poll.ts";
import { ownFolder } from "../config/loading.ts";

/** Looks every 10 ms, and counts what it says; the first time is behind it. */
async function watched(...files: readonly string[]): Promise<{ count: number }> {
  const said = { count: 0 };
  onTestFinished(
    pollFiles(
      () => files,
      10,
      () => (said.count += 1),
    ),
  );
  await expect.poll(() => said.count).toBe(1);
  return said;
}

describe("watched files", () => {
  it("are told of once in the beginning, and not again while nothing happens", async () => {
    const file = path.join(await ownFolder(), "a");
    await writeFile(file, "1");
    const said = await watched(file);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(said.count).toBe(1);
  });

  it("are told of when they are written, appear, or go", async () => {
    const file = path.join(await ownFolder(), "a");
    const said = await watched(file);
    await writeFile(file, "1");
    await expect.poll(() => said.count).toBe(2);
    await writeFile(file, "22");
    await expect.poll(() => said.count).toBe(3);
    await rm(file);
    await expect.poll(() => said.count).toBe(4);
  });

  it("may be put in each other's place, as editors do", async () => {
    const file = path.join(await ownFolder(), "a");
    await writeFile(file, "1");
    const said = await watched(file);
    await writeFile(`${file}.tmp`, "2");
    await rename(`${file}.tmp`, file);
    await expect.poll(() => said.count).toBe(2);
  });

  it("may stand behind a link that turns, as in a volume of Kubernetes", async () => {
    const folder = await ownFolder();
    const generation = async (name: string, text: string): Promise<void> => {
      await mkdir(path.join(folder, name));
      await writeFile(path.join(folder, name, "longstop.yaml"), text);
      await symlink(name, path.join(folder, "..data_tmp"));
      await rename(path.join(folder, "..data_tmp"), path.join(folder, "..data"));
    };
    await generation("..2026_1", "1");
    const file = path.join(folder, "longstop.yaml");
    await symlink("..data/longstop.yaml", file);
    const said = await watched(file);
    await generation("..2026_2", "1");
    await expect.poll(() => said.count).toBe(2);
  });
});
