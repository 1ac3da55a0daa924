import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LongstopError } from "../../src/exchange/error.ts";
import { blobBytesMax, sealBytesMax, type Ledger } from "../../src/ledger/ledger.ts";
import { sealed } from "../../src/ledger/sealed.ts";
import { memoryPromises } from "../conformance/ledger/memory.ts";
import type { LedgerUnderTest } from "../conformance/ledger/requests.ts";
import { sqliteUnderTest, type SqliteUnderTest } from "./sqlite/under-test.ts";

const key = randomBytes(32);
const withKeys = (ledger: Ledger, ...keys: readonly Uint8Array[]): Ledger =>
  sealed(ledger, { kind: "sealed", keys });

// Claims pass as they are; what is stored and read back keeps every promise of the contract.
memoryPromises(async (): Promise<LedgerUnderTest> => {
  const under = await sqliteUnderTest();
  return {
    get ledger() {
      return withKeys(under.ledger, key);
    },
    soleOwner: under.soleOwner,
    advance: under.advance,
    restart: under.restart,
    beside: async () => withKeys(await under.beside(), key),
    close: under.close,
  };
});

describe("a sealed ledger", () => {
  let under: SqliteUnderTest;
  let ledger: Ledger;
  beforeEach(async () => {
    under = await sqliteUnderTest();
    ledger = withKeys(under.ledger, key);
  });
  afterEach(() => under.close());

  const text = async (from: Ledger, address: string, tenant = "local"): Promise<string> =>
    Buffer.from((await from.get(tenant, address)) ?? []).toString();
  const refused = async (reading: Promise<unknown>): Promise<string> => {
    const error: unknown = await reading.catch((thrown: unknown) => thrown);
    if (!(error instanceof LongstopError)) throw new Error("nothing was refused");
    expect(error.code).toBe("answer_unreadable");
    return error.message;
  };
  /** Changes what lies on the disk, as somebody with the file could. */
  const tamper = (sql: string, ...values: readonly (string | Uint8Array)[]): void => {
    const database = new DatabaseSync(under.file);
    database.prepare(sql).run(...values);
    database.close();
  };

  it("promises what the ledger behind it promises", () => {
    const { keepsOrder, hasOneOwner } = under.ledger;
    expect({ keepsOrder: ledger.keepsOrder, hasOneOwner: ledger.hasOneOwner }).toEqual({
      keepsOrder,
      hasOneOwner,
    });
    expect([keepsOrder, hasOneOwner]).toEqual([true, true]);
  });

  it("gives back whatever bytes it was given, of every size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 2000 }),
        fc.string({ unit: "grapheme" }),
        async (bytes, tenant) => {
          const address = await ledger.put(tenant, bytes);
          expect(new Uint8Array((await ledger.get(tenant, address)) ?? [1])).toEqual(bytes);
        },
      ),
      { numRuns: 100 },
    );
    const largest = randomBytes(blobBytesMax);
    const address = await ledger.put("local", largest);
    expect(Buffer.from((await ledger.get("local", address)) ?? [])).toEqual(largest);
    expect((await under.ledger.get("local", address))?.byteLength).toBeLessThanOrEqual(
      blobBytesMax + sealBytesMax,
    );
  });

  it("shows nothing of a body to who has the file: neither its text nor whether it is a known one", async () => {
    const body = "card 4242 4242 4242 4242";
    const address = await ledger.put("local", Buffer.from(body));
    await under.ledger.close();
    const database = new DatabaseSync(under.file);
    const [row] = database.prepare("select hash, bytes from blobs").all();
    database.close();
    expect(Buffer.from(row?.["bytes"] as Uint8Array).includes("4242")).toBe(false);
    expect(row?.["hash"]).toBe(address);
    // Another key gives another address, so it cannot be made from the body alone.
    await under.restart();
    expect(await withKeys(under.ledger, randomBytes(32)).put("local", Buffer.from(body))).not.toBe(address);
    expect(await withKeys(under.ledger, key).put("other", Buffer.from(body))).not.toBe(address);
  });

  it("stores equal bytes once, and seals others with another nonce and another key", async () => {
    const first = await ledger.put("local", Buffer.from("same"));
    const before = await under.ledger.get("local", first);
    expect(await ledger.put("local", Buffer.from("same"))).toBe(first);
    expect(await under.ledger.get("local", first)).toEqual(before);
    const zeros = await Promise.all(
      [1, 2].map(async (each) => {
        const address = await ledger.put("local", Buffer.alloc(64 + each));
        return Buffer.from((await under.ledger.get("local", address)) ?? []).subarray(12);
      }),
    );
    expect(zeros[0]?.subarray(0, 60)).not.toEqual(zeros[1]?.subarray(0, 60));
  });

  it("reads with any of its keys, and writes with the first", async () => {
    const old = await ledger.put("local", Buffer.from("old"));
    const next = randomBytes(32);
    const rotated = withKeys(under.ledger, next, key);
    const fresh = await rotated.put("local", Buffer.from("new"));
    expect(await text(rotated, old)).toBe("old");
    expect(await text(rotated, fresh)).toBe("new");
    expect(await text(withKeys(under.ledger, next), fresh)).toBe("new");
    expect(await refused(ledger.get("local", fresh))).toContain("a key that is not configured");
    expect(await refused(withKeys(under.ledger, next).get("local", old))).toContain("not configured");
  });

  it("reads what was stored before it was switched on, also bytes that look sealed", async () => {
    const asSealed = await under.ledger.get("local", await ledger.put("local", Buffer.from("x")));
    const looksSealed = await under.ledger.put("local", asSealed ?? new Uint8Array());
    const plain = await under.ledger.put("local", Buffer.from("plain"));
    expect(await text(ledger, plain)).toBe("plain");
    expect(await ledger.get("local", looksSealed)).toEqual(asSealed);
  });

  it("never gives sealed bytes for an answer once it is switched off, and says what is missing", async () => {
    const address = await ledger.put("local", Buffer.from("body"));
    const plain = sealed(under.ledger, { kind: "plain" });
    expect(await refused(plain.get("local", address))).toContain("ledger.encryption");
    expect(await plain.put("local", Buffer.from("open"))).toMatch(/^[0-9a-f]{64}$/);
  });

  it("writes nothing while its keys are not at hand", async () => {
    const locked = sealed(under.ledger, { kind: "locked" });
    await expect(locked.put("local", Buffer.from("body"))).rejects.toThrow("the key is not here");
    expect((await under.ledger.health()).writes).toBe(0);
  });

  it("notices every changed bit, and every cut", async () => {
    const address = await ledger.put("local", Buffer.from("transfer 100"));
    const whole = Buffer.from((await under.ledger.get("local", address)) ?? []);
    const put = (bytes: Uint8Array): void =>
      tamper("update blobs set bytes = ? where hash = ?", bytes, address);
    for (let bit = 0; bit < whole.byteLength * 8; bit += 1) {
      const changed = Buffer.from(whole);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      put(changed);
      await refused(ledger.get("local", address));
    }
    for (const length of [0, 3, 24, 39, whole.byteLength - 1]) {
      put(whole.subarray(0, length));
      await refused(ledger.get("local", address));
    }
    put(whole);
    expect(await text(ledger, address)).toBe("transfer 100");
  });

  it("does not open a body that was moved to another address or another tenant", async () => {
    const one = await ledger.put("local", Buffer.from("refused"));
    const other = await ledger.put("local", Buffer.from("granted"));
    const bytes = (await under.ledger.get("local", other)) ?? new Uint8Array();
    tamper("update blobs set bytes = ? where hash = ?", bytes, one);
    expect(await refused(ledger.get("local", one))).toContain("changed");
    tamper("update blobs set tenant = 'thief' where hash = ?", other);
    expect(await refused(ledger.get("thief", other))).toContain("changed");
    expect(await ledger.get("local", other)).toBeNull();
  });

  it("takes keys of 32 bytes alone, and bodies up to the bound", async () => {
    expect(() => withKeys(under.ledger, randomBytes(16))).toThrow(RangeError);
    await expect(ledger.put("local", new Uint8Array(blobBytesMax + 1))).rejects.toThrow(RangeError);
  });
});
