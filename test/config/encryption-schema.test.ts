import { describe, expect, it } from "vitest";
import { writeFaults } from "../../src/cli/fault-report.ts";
import { configOf, faultLines, loadText } from "./loading.ts";

const hidden = "something that is not shown, because it may be the secret itself";

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
      `4:44 ledger.encryption.previous[1].env | the name of an environment variable | ${hidden}`,
      `4:52 ledger.encryption.previous[2] | a section with keys of env, file | ${hidden}`,
    ]);
    expect(await faultLines("ledger: { encryption: {} }")).toEqual([
      expect.stringContaining("where the key lies, { env: NAME } or { file: PATH } in the key key | nothing"),
    ]);
  });

  it.each([
    "ledger: { encryption: { key: SECRET }, prt: 1 }",
    "ledger: { encryption: SECRET }",
    "ledger: { encryption: { key: { env: SECRET } } }",
    "ledger: { encryption: { key: { value: SECRET } } }",
    "ledger: { encryption: { key: { env: K }, previous: SECRET } }",
    "ledger: { encryption: { key: { env: K }, previous: [SECRET] } }",
    "upstreams: { a: { url: 'http://h', apiKey: SECRET } }",
  ])("never shows a key that was written into the file itself: %s", async (text) => {
    const secret = "n++1MLOwKEWS62qokV2XGCJK/HVWyuXIYhPWy2eMyAI=";
    const loaded = await loadText(text.replace("SECRET", JSON.stringify(secret)));
    if (loaded.kind !== "faults") throw new Error("no fault was found");
    const report = writeFaults(loaded);
    expect(report).not.toContain(secret.slice(0, 12));
    expect(report).toMatch(/encryption|apiKey/);
  });
});
