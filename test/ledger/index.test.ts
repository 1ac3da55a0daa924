import { describe, expect, it } from "vitest";
import { stores } from "../../src/ledger/index.ts";
import { effect } from "../conformance/ledger/requests.ts";
import { ledgerFolder, portsOf } from "./sqlite/under-test.ts";

describe("the list of ledgers", () => {
  it("has one entry for each kind, each with a summary", () => {
    const kinds = stores.map((store) => store.kind);
    expect(kinds).toEqual([...new Set(kinds)]);
    expect(kinds).toContain("sqlite");
    for (const store of stores) expect(store.summary).toMatch(/\.$/);
  });

  it.each(stores)(
    "describes every option of $kind, with its default or as one that must be there",
    (store) => {
      for (const [name, schema] of Object.entries(store.options)) {
        expect(schema).toMatchObject({ type: expect.any(String), description: expect.any(String) });
        expect("default" in schema, name).toBe(store.required?.includes(name) !== true);
      }
    },
  );

  it("opens a store by its options alone", async () => {
    const folder = ledgerFolder();
    const sqlite = stores.find((store) => store.kind === "sqlite");
    const ledger = await sqlite?.open({ file: folder.file }, portsOf("gateway", Date.now));
    expect(await ledger?.claim(effect())).toMatchObject({ kind: "won" });
    await ledger?.close();
    folder.remove();
  });
});
