import { describe, expect, it } from "vitest";
import { changesOf, secretFiles } from "../../src/config/changes.ts";
import type { Config } from "../../src/config/config.ts";
import { noSecrets, type Secrets } from "../../src/config/secrets.ts";
import { configOf } from "./loading.ts";

async function changes(before: string, after: string): Promise<ReturnType<typeof changesOf>> {
  return changesOf(
    { config: await configOf(before), secrets: noSecrets },
    { config: await configOf(after), secrets: noSecrets },
  );
}

describe("what differs between two configurations", () => {
  it("is nothing where only its writing does", async () => {
    expect(await changes("drainSeconds: 30\n", "# the same\n")).toEqual({ changed: [], needRestart: [] });
  });

  it("is told by path, as far down as it goes", async () => {
    const { changed, needRestart } = await changes(
      "posts: [{ guard: budget, lowWater: 0.5 }]\nupstreams: { a: { url: 'http://a' } }",
      "posts: [{ guard: budget, lowWater: 0.6 }]\nupstreams: { b: { url: 'http://b' } }\nrepair: { attemptsMax: 1 }",
    );
    expect(changed.toSorted()).toEqual([
      "posts[0].options.lowWater",
      "repair.attemptsMax",
      "upstreams.a",
      "upstreams.b",
    ]);
    expect(needRestart).toEqual([]);
  });

  it("needs a restart where something was bound at the start", async () => {
    const { needRestart } = await changes(
      "",
      "listen: { port: 1 }\nledger: { retentionDays: 1 }\nlimits: { headerBytesMax: 8192, requestBytesMax: 2048 }",
    );
    expect(needRestart.toSorted()).toEqual([
      "ledger.options.retentionDays",
      "limits.headerBytesMax",
      "listen.port",
    ]);
  });

  it("names a secret that changed, and not what it is", async () => {
    const config = await configOf("upstreams: { a: { url: 'http://a', apiKey: { env: A } } }");
    const key = { tenant: "t", expiresMs: null, disabled: false, place: "keys.t.keys[0]" };
    const secrets = (text: string): Secrets => ({
      upstreams: new Map([["a", text]]),
      tools: new Map(),
      ledger: new Map([["url", text]]),
      keys: [{ ...key, hash: text }],
      admin: null,
      ledgerKeys: [],
      proxies: new Map(),
    });
    const told = changesOf({ config, secrets: secrets("one") }, { config, secrets: secrets("two") });
    expect(told.changed).toEqual([
      "upstreams.a.apiKey (the secret)",
      "ledger.url (the secret)",
      "keys.t.keys[0] (the secret)",
    ]);
    // The connections are made when the gateway starts.
    expect(told.needRestart).toEqual(["ledger.url (the secret)"]);
  });
});

describe("the key of the ledger", () => {
  const text = "ledger: { encryption: { key: { file: k }, previous: [{ file: old }, { env: X }] } }";

  it("needs a restart when it changes behind its place, and is not shown", async () => {
    const config = await configOf(text);
    const of = (byte: number): Secrets => ({ ...noSecrets, ledgerKeys: [new Uint8Array(32).fill(byte)] });
    const { needRestart } = changesOf({ config, secrets: of(1) }, { config, secrets: of(2) });
    expect(needRestart).toEqual(["ledger.encryption (the secret)"]);
    expect(changesOf({ config, secrets: of(1) }, { config, secrets: of(1) }).needRestart).toEqual([]);
  });

  it("is told once where its place changes too, and its files are looked at", async () => {
    const before = { config: await configOf(""), secrets: noSecrets };
    const after = {
      config: await configOf(text),
      secrets: { ...noSecrets, ledgerKeys: [new Uint8Array(32)] },
    };
    expect(changesOf(before, after).needRestart).toEqual(["ledger.encryption"]);
    expect(secretFiles(after.config)).toEqual(["k", "old"]);
  });
});

describe("another table of services in the same file", () => {
  it("is a change, which names the key that points at it", async () => {
    const config = await configOf("tools: { t: { url: 'http://h' } }");
    const own = { ...config, effects: { ...config.effects, services: "services.yaml" } };
    const other = { ...own, keyedServices: [] };
    const changed = (before: Config, after: Config): readonly string[] =>
      changesOf({ config: before, secrets: noSecrets }, { config: after, secrets: noSecrets }).changed;
    expect(changed(own, other)).toEqual(["effects.services (the table)"]);
    expect(changed(own, own)).toEqual([]);
    expect(changed(config, other)).toEqual(["effects.services"]);
  });
});

describe("the files of secrets", () => {
  it("are each named once", async () => {
    const config = await configOf(
      "tenancy: keys\nupstreams: { a: { url: 'http://a', apiKey: { file: x } } }\n" +
        "tools: { t: { url: 'http://t', apiKey: { file: x } }, u: { url: 'http://u', apiKey: { env: U } } }\n" +
        "keys: { t: { keys: [{ file: y }, { env: T }] } }",
    );
    expect(secretFiles(config)).toEqual(["x", "y"]);
  });
});
