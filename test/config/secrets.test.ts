import { createHash } from "node:crypto";
import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type Loaded, loadConfig } from "../../src/config/load.ts";
import { writePath } from "../../src/config/path.ts";
import { type Environment, readLedgerKeys, readSecrets } from "../../src/config/secrets.ts";
import { guards } from "../../src/guards/index.ts";
import { stores } from "../../src/ledger/index.ts";
import { configOf, ownFolder } from "./loading.ts";

const key = `ls_${"aB3".repeat(12)}`;
const other = `ls_${"Zy9".repeat(12)}`;
const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

async function read(text: string, environment: Environment = {}): ReturnType<typeof readSecrets> {
  return readSecrets(await configOf(text), environment);
}

async function linesOf(text: string, environment: Environment = {}): Promise<readonly string[]> {
  const { findings } = await read(text, environment);
  return findings.map(({ path: at, expected, found }) => `${writePath(at)} | ${expected} | ${found}`);
}

async function fileOf(text: string): Promise<string> {
  const file = path.join(await ownFolder(), "secret");
  await writeFile(file, text);
  return file;
}

describe("credentials of upstreams and tools", () => {
  it("come from the environment or a file, without the line feed that a file ends with", async () => {
    const file = await fileOf("sk-from-file\n");
    const { secrets, findings } = await read(
      `upstreams: { a: { url: 'http://h', apiKey: { env: A } }, b: { url: 'http://h' } }\n` +
        `tools: { t: { url: 'http://h', apiKey: { file: '${file}' } } }`,
      { A: "sk-from-env" },
    );
    expect(findings).toEqual([]);
    expect(secrets.upstreams).toEqual(new Map([["a", "sk-from-env"]]));
    expect(secrets.tools).toEqual(new Map([["t", "sk-from-file"]]));
  });

  it("are each named where they are missing, all at once, and never shown", async () => {
    const text =
      "upstreams: { a: { url: 'http://h', apiKey: { env: A } }, b: { url: 'http://h', apiKey: { env: B } } }\n" +
      "tools: { t: { url: 'http://h', apiKey: { file: /nowhere/key } }, u: { url: 'http://h', apiKey: { env: C } } }";
    const secret = "two\nlines-of-a-secret";
    const lines = await linesOf(text, { B: " ", C: secret });
    expect(lines).toEqual([
      "upstreams.a.apiKey.env | an environment variable that is set | no variable A",
      "upstreams.b.apiKey.env | an environment variable that is set | an empty variable B",
      "tools.t.apiKey.file | a file that holds the secret | no file /nowhere/key",
      "tools.u.apiKey.env | one line of visible ASCII characters, as a header can carry them | the variable C",
    ]);
    expect(lines.join()).not.toContain("lines-of");
  });

  it("are not read from a file without end, or one that is no file", async () => {
    const large = await fileOf("x".repeat(70_000));
    const text = (file: string): string =>
      `upstreams: { a: { url: 'http://h', apiKey: { file: '${file}' } } }`;
    expect(await linesOf(text(large))).toMatchObject([
      expect.stringContaining("a file of more than 65536 bytes"),
    ]);
    expect(await linesOf(text(await ownFolder()))).toMatchObject([expect.stringContaining("EISDIR")]);
    if (process.getuid?.() === 0) return;
    await chmod(large, 0);
    expect(await linesOf(text(large))).toMatchObject([expect.stringContaining("EACCES")]);
  });
});

describe("virtual keys", () => {
  const tenant = (keys: string): string => `tenancy: keys\nkeys: { acme: { keys: [${keys}] } }`;

  it("are known by their hashes alone, wherever they are given", async () => {
    const file = await fileOf(`# the old one\n${key}\n\nsha256:${hashOf("x")}\r\n`);
    const { secrets, findings } = await read(
      tenant(
        `{ hash: 'sha256:${hashOf("y")}', expires: 2027-01-31 }, { env: K, disabled: true }, { file: '${file}' }`,
      ),
      { K: other },
    );
    expect(findings).toEqual([]);
    expect(secrets.keys).toEqual([
      {
        tenant: "acme",
        hash: hashOf("y"),
        expiresMs: Date.UTC(2027, 0, 31),
        disabled: false,
        place: "keys.acme.keys[0]",
      },
      { tenant: "acme", hash: hashOf(other), expiresMs: null, disabled: true, place: "keys.acme.keys[1]" },
      { tenant: "acme", hash: hashOf(key), expiresMs: null, disabled: false, place: "keys.acme.keys[2]" },
      { tenant: "acme", hash: hashOf("x"), expiresMs: null, disabled: false, place: "keys.acme.keys[2]" },
    ]);
    expect(JSON.stringify(secrets)).not.toContain("ls_");
  });

  it.each([
    ["a password", "correct horse battery staple"],
    ["a key that is too short to be random enough", "ls_abc123"],
    ["a vendor's key", "sk-proj-abcdefghijklmnopqrstuvwxyz012345"],
  ])("are refused where they are %s, without being shown", async (_what, text) => {
    const lines = await linesOf(tenant("{ env: K }"), { K: text });
    expect(lines).toMatchObject([
      expect.stringMatching(/^keys\.acme\.keys\[0\]\.env \| keys as longstop key makes/),
    ]);
    expect(lines.join()).not.toContain(text);
  });

  it("belong to one tenant: the same key twice names none", async () => {
    const text = `tenancy: keys\nkeys: { a: { keys: [{ env: K }] }, b: { keys: [{ hash: 'sha256:${hashOf(key)}' }] } }`;
    expect(await linesOf(text, { K: key })).toEqual([
      "keys.b.keys[0] | a key of its own | the key of keys.a.keys[0]",
    ]);
  });
});

describe("the keys of the ledger", () => {
  const bytes = (fill: number): Buffer => Buffer.alloc(32, fill);

  it("are 32 bytes in base64 or hex, the newest first", async () => {
    const file = await fileOf(`${bytes(2).toString("hex").toUpperCase()}\n`);
    const { secrets, findings } = await read(
      `ledger: { encryption: { key: { env: K }, previous: [{ file: '${file}' }, { env: U }] } }`,
      { K: ` ${bytes(255).toString("base64")}\n`, U: bytes(254).toString("base64url") },
    );
    expect(findings).toEqual([]);
    expect(secrets.ledgerKeys.map((one) => Buffer.from(one))).toEqual([bytes(255), bytes(2), bytes(254)]);
    expect((await read("")).secrets.ledgerKeys).toEqual([]);
  });

  it("are each named where they are missing or no key, and never shown", async () => {
    const lines = await linesOf(
      "ledger: { encryption: { key: { env: K }, previous: [{ env: A }, { env: B }, { env: C }, { env: D }] } }",
      {
        A: "correct horse",
        B: bytes(1).toString("hex").slice(2),
        C: `${bytes(1).toString("base64")}==`,
        D: " ",
      },
    );
    const expected = "32 bytes in base64 or hex, as openssl rand -base64 32 makes them";
    const at = "ledger.encryption.previous";
    expect(lines).toEqual([
      "ledger.encryption.key.env | an environment variable that is set | no variable K",
      `${at}[0].env | ${expected} | the variable A with something else in it`,
      `${at}[1].env | ${expected} | the variable B with something else in it`,
      `${at}[2].env | ${expected} | the variable C with something else in it`,
      `${at}[3].env | an environment variable that is set | an empty variable D`,
    ]);
  });

  it("are read without any other secret, for who only opens the ledger", async () => {
    const config = await configOf(
      "upstreams: { a: { url: 'http://h', apiKey: { env: MISSING } } }\nledger: { encryption: { key: { env: K } } }",
    );
    const { keys, findings } = await readLedgerKeys(config, { K: bytes(1).toString("hex") });
    expect([keys.length, findings]).toEqual([1, []]);
  });
});

describe("the ledger's connection string", () => {
  async function loadWith(
    url: string,
    environment: Environment,
    secretsOf?: "all" | "ledger",
  ): Promise<Loaded> {
    const file = path.join(await ownFolder(), "longstop.yaml");
    await writeFile(
      file,
      `ledger: { kind: postgres, url: ${url} }\nupstreams: { a: { url: 'http://h', apiKey: { env: A } } }\n`,
    );
    const which = secretsOf === undefined ? {} : { secretsOf };
    return loadConfig({
      file,
      defaultFile: "",
      overrides: {},
      sockets: { guards, stores },
      environment,
      ...which,
    });
  }
  const faultsOf = (loaded: Loaded): readonly string[] =>
    loaded.kind === "faults" ? loaded.faults.map((fault) => `${fault.path} | ${fault.found}`) : [];

  it("comes from a variable or a file, alone where only the ledger is asked", async () => {
    const variable = await loadWith("{ env: URL }", { URL: "postgres://h/d\n" }, "ledger");
    expect(variable).toMatchObject({ kind: "config", secrets: { upstreams: new Map() } });
    expect(variable.kind === "config" && variable.secrets.ledger).toEqual(
      new Map([["url", "postgres://h/d"]]),
    );
    const file = await loadWith(`{ file: '${await fileOf("postgres://f/d\n")}' }`, { A: "sk" });
    expect(file.kind === "config" && file.secrets.ledger).toEqual(new Map([["url", "postgres://f/d"]]));
  });

  it("is missed where it is not there, and is never shown", async () => {
    const missing = await loadWith("{ env: URL }", { URL: " " }, "ledger");
    expect(faultsOf(missing)).toEqual(["ledger.url.env | an empty variable URL"]);
    expect(faultsOf(await loadWith("{ env: URL }", {}))).toEqual([
      "ledger.url.env | no variable URL",
      "upstreams.a.apiKey.env | no variable A",
    ]);
    expect(faultsOf(await loadWith("{}", {}))).toEqual(["ledger.url | none of them"]);
    expect(faultsOf(await loadWith("{ env: A, file: b }", {}))).toEqual(["ledger.url | env and file"]);
    expect(faultsOf(await loadWith("'postgres://u:pw@h/d'", {}))[0]).toMatch(/^ledger\.url \| /);
  });
});
