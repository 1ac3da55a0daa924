import { randomBytes, randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openLedger } from "../../src/ledger/open.ts";
import { ledgerFolder } from "./sqlite/under-test.ts";

let folder: ReturnType<typeof ledgerFolder>;
beforeEach(() => {
  folder = ledgerFolder();
});
afterEach(() => folder.remove());

const ports = {
  now: Date.now,
  newId: randomUUID,
  report: () => {},
  secrets: new Map(),
  role: "gateway",
} as const;

/** Opens it, uses it, closes it. `isSealed`: whether the configuration says that bodies are. */
async function using<T>(
  isSealed: boolean,
  keys: readonly Uint8Array[] | null,
  use: (ledger: Ledger) => Promise<T>,
): Promise<T> {
  const chosen = { kind: "sqlite", options: { file: folder.file }, ...(isSealed ? { encryption: {} } : {}) };
  const ledger = await openLedger(chosen, keys, ports);
  try {
    return await use(ledger);
  } finally {
    await ledger.close();
  }
}

it("opens the store by its name, its bodies sealed as it is told", async () => {
  const keys = [randomBytes(32)];
  const address = await using(true, keys, (ledger) => ledger.put("local", Buffer.from("body")));
  expect(address).toMatch(/^sealed-/);
  const reading = (ledger: Ledger): Promise<Uint8Array | null> => ledger.get("local", address);
  expect(Buffer.from((await using(true, keys, reading)) ?? []).toString()).toBe("body");
  await expect(using(false, [], reading)).rejects.toThrow("a key that is not configured");
});

it("writes no plain body where they are sealed and the key is not at hand", async () => {
  const writing = using(true, null, (ledger) => ledger.put("local", Buffer.from("body")));
  await expect(writing).rejects.toThrow("the key is not here");
  await expect(using(true, [], (ledger) => ledger.put("local", Buffer.from("body")))).rejects.toThrow("key");
});

it("knows no other names", async () => {
  await expect(openLedger({ kind: "paper", options: {} }, [], ports)).rejects.toThrow("called paper");
});
