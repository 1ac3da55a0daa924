import { writeFile } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import {
  ConfigRefused,
  load,
  readLimit,
  requestOf,
  withLedger,
  withOpenLedger,
} from "../../src/cli/opening.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { ownFolder } from "../config/loading.ts";
import { testSockets } from "../config/sockets.ts";

function actionsWith(ledger: Partial<Ledger>) {
  return {
    sockets: testSockets,
    start: () => Promise.reject(new Error("This test starts nothing.")),
    openLedger: () => Promise.resolve(ledger as Ledger),
  };
}

async function fileWith(text: string): Promise<string> {
  const file = path.join(await ownFolder(), "longstop.yaml");
  await writeFile(file, text);
  return file;
}

describe("a command that works on the ledger", () => {
  it("takes the file of the ledger from its options before the configuration", () => {
    const { ledger, config } = withLedger(new Command())
      .parse(["--ledger", "my.db", "--config", "c.yaml"], { from: "user" })
      .opts();
    expect([ledger, config]).toEqual(["my.db", "c.yaml"]);
    expect(requestOf(actionsWith({}), "c.yaml", { ledger: "my.db" }, undefined)).toMatchObject({
      file: "c.yaml",
      overrides: { ledgerFile: "my.db" },
    });
  });

  it.each(["0", "10000", "many", "-1", "1.5"])("takes no limit of %s rows", (written) => {
    expect(() => readLimit(written)).toThrow("Expected a number from 1 to 9999.");
  });

  it("closes the ledger, also where its work fails", async () => {
    let closed = 0;
    const ledger = { close: () => Promise.resolve(void closed++) };
    const flags = { config: await fileWith("") };
    expect(
      await withOpenLedger(actionsWith(ledger), flags, {}, (_ledger, { tenancy }) =>
        Promise.resolve(tenancy),
      ),
    ).toBe("single");
    const failing = withOpenLedger(actionsWith(ledger), flags, {}, () => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    expect(closed).toBe(2);
  });

  it("is refused with every fault of its configuration", async () => {
    const loading = load(actionsWith({}), await fileWith("a: 1\nb: 2"), {});
    await expect(loading).rejects.toThrow(ConfigRefused);
    await expect(loading).rejects.toThrow("2 faults");
  });
});
