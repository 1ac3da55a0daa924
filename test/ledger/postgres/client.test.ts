import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PostgresLedger } from "../../../src/ledger/postgres/client.ts";
import { stores } from "../../../src/ledger/index.ts";
import { effect, win, whole } from "../../conformance/ledger/requests.ts";
import { portsOf } from "../sqlite/under-test.ts";
import { asSuperuser, urlOf } from "./server.ts";
import { postgresUnderTest, type PostgresUnderTest } from "./under-test.ts";

describe("the PostgreSQL ledger's face", () => {
  let store: PostgresUnderTest;
  beforeAll(async () => {
    store = await postgresUnderTest();
  });
  afterAll(() => store.close());

  it("refuses names that PostgreSQL could not store, before it asks anybody", async () => {
    const { ledger } = store;
    for (const change of [{ tenant: "a\0" }, { run: "a\0" }, { clientKey: "a\0" }, { stage: "\ud800" }]) {
      await expect(ledger.claim(effect(change))).rejects.toThrow(RangeError);
    }
    await expect(ledger.put("\0", Buffer.from(""))).rejects.toThrow("no NUL");
    const fact = { tenant: "t", subject: "s\0", kind: "k", value: 1 };
    await expect(ledger.append([fact])).rejects.toThrow("no NUL");
  });

  it("makes a reason storable, because people write it", async () => {
    const record = await win(store.ledger, { key: "reason" });
    const reason = "cut off at \0";
    const settled = await store.ledger.settle(record, { state: "in-doubt", reason });
    expect(settled.record.reason).toBe("cut off at \uFFFD");
  });

  it("writes delivery marks together, and before whatever depends on them", async () => {
    const { ledger } = store;
    const records = await Promise.all([1, 2, 3].map((each) => win(ledger, { key: `mark ${each}` })));
    for (const record of records) await ledger.settle(record, { state: "done", answer: whole });
    for (const { id } of records) await ledger.markDelivered(id);
    const delivered = `select count(*) from ${store.schema}.claims where delivered`;
    expect((await asSuperuser(store.server, delivered)).rows).toEqual([{ count: "0" }]);
    expect(await ledger.read(records[0]?.id ?? "")).toMatchObject({ delivered: true });
    expect((await asSuperuser(store.server, delivered)).rows).toEqual([{ count: "3" }]);
    const late = await win(ledger, { key: "late mark" });
    await ledger.settle(late, { state: "done" });
    await ledger.markDelivered(late.id);
    await expect
      .poll(async () => (await asSuperuser(store.server, delivered)).rows)
      .toEqual([{ count: "4" }]);
  });

  it("is opened by its list, with the connection string as a secret", async () => {
    const postgres = stores.find(({ kind }) => kind === "postgres");
    const open = (url: string): Promise<unknown> =>
      Promise.resolve(
        postgres?.open(
          { schema: store.schema },
          { ...portsOf("operator", Date.now), secrets: new Map([["url", url]]) },
        ),
      );
    const ledger = (await open(urlOf(store.server))) as PostgresLedger;
    expect(await ledger.health()).toMatchObject({ ok: true });
    await ledger.close();
    for (const url of ["", "secret", "mysql://u:secret@h/d", "postgres://u:secret@h:port/d"]) {
      const failure = await open(url).catch((thrown: Error) => thrown.message);
      expect(failure).toMatch(/ledger\.url points at is no URL of the form postgres/);
      expect(failure).not.toContain("secret");
    }
  });

  it("says what is wrong where a file that the connection string names is not there", async () => {
    const url = "postgres://u:secret@127.0.0.1/d?sslmode=verify-full&sslrootcert=/nowhere/ca.pem";
    const failure = await PostgresLedger.open({ ...store.limits, url }, portsOf("operator", Date.now)).catch(
      (thrown: unknown) => thrown,
    );
    expect(failure).toMatchObject({
      code: "ledger_down",
      message: expect.stringMatching(/^What ledger\.url points at has a parameter.*\(ENOENT\)\.$/),
    });
  });

  it("refuses a database that is not in UTF-8", async () => {
    const name = `${store.schema}_latin`;
    await asSuperuser(
      store.server,
      `create database ${name} template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'`,
    );
    const url = urlOf(store.server).replace(/postgres$/, name);
    const opening = PostgresLedger.open({ ...store.limits, url }, portsOf("gateway", Date.now));
    await expect(opening).rejects.toThrow(/is in LATIN1; it needs UTF8/);
    await asSuperuser(store.server, `drop database ${name}`);
  });
});
