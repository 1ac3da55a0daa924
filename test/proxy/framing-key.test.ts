import { mkdtemp, rm } from "node:fs/promises";
import { randomBytes, randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stores } from "../../src/ledger/index.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { FramingKeys } from "../../src/proxy/framing-key.ts";

describe("the framing key", () => {
  let folder: string;
  let ledger: Ledger;

  async function open(): Promise<Ledger> {
    const [sqlite] = stores;
    if (sqlite === undefined) throw new Error("no store");
    const options = { file: join(folder, "ledger.db") };
    return sqlite.open(options, {
      now: Date.now,
      newId: randomUUID,
      report: () => {},
      secrets: new Map(),
      role: "gateway",
    });
  }
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "longstop-key-"));
    ledger = await open();
  });
  afterEach(async () => {
    await ledger.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("is made once for each tenant, and is the same after a restart", async () => {
    const keys = new FramingKeys(ledger, null, randomBytes);
    const [one, again, other] = [await keys.key("a"), await keys.key("a"), await keys.key("b")];
    expect(one).toHaveLength(32);
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
    await ledger.close();
    ledger = await open();
    expect(await new FramingKeys(ledger, null, randomBytes).key("a")).toEqual(one);
  });

  it("is the oldest where two gateways made one at the same time", async () => {
    const [first, second] = [
      new FramingKeys(ledger, null, randomBytes),
      new FramingKeys(ledger, null, randomBytes),
    ];
    const [one, other] = await Promise.all([first.key("a"), second.key("a")]);
    expect(one).toEqual(other);
  });

  it("is the operator's where one is given, and a short one is refused", async () => {
    const hex = "ab".repeat(32);
    const keys = new FramingKeys(ledger, hex, randomBytes);
    expect(Buffer.from(await keys.key("local")).toString("hex")).toBe(hex);
    // Another tenant's frames are made with another key, and always with the same one.
    const other = await keys.key("a");
    expect(other).toHaveLength(32);
    expect(other).toEqual(await new FramingKeys(ledger, hex, randomBytes).key("a"));
    expect([Buffer.from(hex, "hex"), await keys.key("b")]).not.toContainEqual(other);
    expect(() => new FramingKeys(ledger, "abcd", randomBytes)).toThrow(/32 bytes in hex/);
    expect(() => new FramingKeys(ledger, "zz".repeat(32), randomBytes)).toThrow(/hex/);
  });

  it("is tried again after the ledger was down", async () => {
    let down = true;
    const flaky: Ledger = Object.assign(Object.create(ledger) as Ledger, {
      facts: async (...args: Parameters<Ledger["facts"]>) => {
        if (down) throw new Error("down");
        return ledger.facts(...args);
      },
      append: (...args: Parameters<Ledger["append"]>) => ledger.append(...args),
    });
    const keys = new FramingKeys(flaky, null, randomBytes);
    await expect(keys.key("a")).rejects.toThrow("down");
    down = false;
    expect(await keys.key("a")).toHaveLength(32);
  });
});
