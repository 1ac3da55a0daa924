import { describe, expect, it } from "vitest";
import { configOf, faultLines } from "./loading.ts";

describe("the section ledger.encryption", () => {
  it("is left out unless it is written, and then has no earlier keys", async () => {
    expect(await configOf("")).not.toHaveProperty("ledger.encryption");
    const { ledger } = await configOf("ledger: { file: a.db, encryption: { key: { env: K } } }");
    expect(ledger.encryption).toEqual({ key: { env: "K" }, previous: [] });
    expect(ledger.options).not.toHaveProperty("encryption");
  });

  it("says every fault of a place of a key", async () => {
    const lines = await faultLines(
      "ledger:\n  encryption:\n    key: {}\n    previous: [{ env: K, file: k }, { env: '1K' }, plain-text-key]",
    );
    expect(lines).toEqual([
      "3:10 ledger.encryption.key | one of the keys env, file | none of them",
      "4:16 ledger.encryption.previous[0] | one of the keys env, file | env and file",
      '4:44 ledger.encryption.previous[1].env | the name of an environment variable | "1K"',
      '4:52 ledger.encryption.previous[2] | a section with keys of env, file | "plain-text-key"',
    ]);
    expect(await faultLines("ledger: { encryption: {} }")).toEqual([
      expect.stringContaining("where the key lies, { env: NAME } or { file: PATH } in the key key | nothing"),
    ]);
  });
});
