import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type Actions, runProgram, type Start } from "../../src/cli/program.ts";
import { schemaFile } from "../../src/config/schema.ts";
import { serviceSchemaFile } from "../../src/config/service-schema.ts";
import { LongstopError } from "../../src/exchange/error.ts";
import { ownFolder } from "../config/loading.ts";
import { testSockets } from "../config/sockets.ts";
import { openBoth, openStore, record } from "./ledgers.ts";

const start = Date.UTC(2026, 9, 21);

describe("longstop", () => {
  it("tells its version and its commands", async () => {
    expect(await run(["--version"])).toEqual({ code: 0, out: "1.2.3\n", err: "" });
    const help = await run(["--help"]);
    expect(help.code).toBe(0);
    for (const command of [
      "start",
      "check",
      "explain",
      "key",
      "schema",
      "effects",
      "resolve",
      "run",
      "runs",
    ]) {
      expect(help.out).toMatch(new RegExp(`^  ${command} `, "m"));
    }
  });

  it.each([
    [["strat"], "error: unknown command 'strat'\n(Did you mean start?)"],
    [["start", "--prot", "1"], "error: unknown option '--prot'\n(Did you mean --port?)"],
    [["check", "a", "b"], "error: too many arguments"],
    [["effects", "--limit", "0"], "Expected a number from 1 to 9999."],
    [["effects", "--limit", "many"], "Expected a number from 1 to 9999."],
    [["resolve"], "error: missing required argument 'operation'"],
    [["resolve", "x"], "error: say how it ended: --done <file>, --not-done or --abandon"],
    [["resolve", "x", "--done", "f", "--not-done"], "cannot be used with"],
    [["resolve", "x", "--not-done", "--abandon"], "cannot be used with"],
    [["resolve", "x", "--done", "f", "--abandon"], "cannot be used with"],
  ])("answers wrong usage with 2 and a sentence: %j", async (args, sentence) => {
    const { code, out, err } = await run(args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(sentence);
    expect(err).not.toContain("    at ");
  });
});

describe("longstop start", () => {
  it("starts with the configuration, changed by the options", async () => {
    const file = await fileWith("log: { level: debug }");
    const started: Start[] = [];
    const { code } = await run(["start", file, "--host", "::1", "--port", "0", "--ledger", "my.db"], {
      start: (one) => Promise.resolve(void started.push(one)),
    });
    expect(code).toBe(0);
    const config = {
      listen: { host: "::1", port: 0 },
      log: { level: "debug" },
      ledger: { options: { file: "my.db" } },
    };
    expect(started).toMatchObject([{ loaded: { config, file }, watch: null }]);
    // Read again, the options still hold.
    await writeFile(file, "log: { level: warn }");
    expect(await started[0]?.reload()).toMatchObject({ config: { ...config, log: { level: "warn" } } });
  });

  it("watches the file that it was given, or the one that may come to be", async () => {
    const file = await fileWith("");
    const watched: (string | null)[] = [];
    await run(["start", file, "--watch"], {
      start: ({ watch }) => Promise.resolve(void watched.push(watch)),
    });
    expect(watched).toEqual([file]);
  });

  it("needs every secret that the file points at, and names those that are missing", async () => {
    const file = await fileWith("upstreams: { a: { url: 'http://h', apiKey: { env: A_KEY } } }");
    const { code, err } = await run(["start", file]);
    expect(code).toBe(2);
    expect(err).toContain("no variable A_KEY");
    expect((await run(["check", file])).err).toContain("no variable A_KEY");
    expect((await run(["check", file, "--without-secrets"])).code).toBe(0);
    expect((await run(["explain", file])).out).toContain(
      "http://h with the credential in the variable A_KEY",
    );
  });

  it("does not start with a fault, and shows it", async () => {
    const file = await fileWith("drainSeconds: soon");
    const { code, out, err } = await run(["start", file]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(`${file}:1:15  drainSeconds`);
  });

  it("says that a port is in use", async () => {
    const error = Object.assign(new Error("listen EADDRINUSE"), { code: "EADDRINUSE", syscall: "listen" });
    const { code, err } = await run(["start", await fileWith("")], { start: () => Promise.reject(error) });
    expect(code).toBe(1);
    expect(err).toBe(
      "longstop: Another program listens on port 8787 on 127.0.0.1 already, perhaps another Longstop. " +
        "Stop it, or choose another port: longstop start --port 0 takes any free one.\n",
    );
  });

  it("says what the ledger says, and why", async () => {
    const cause = new Error("SQLITE_FULL");
    const error = new LongstopError("ledger_down", "The ledger is full.", { cause });
    const { code, err } = await run(["start", await fileWith("")], { start: () => Promise.reject(error) });
    expect({ code, err }).toEqual({ code: 1, err: "longstop: The ledger is full. (SQLITE_FULL)\n" });
  });

  it("shows where it failed if that is nobody's mistake but ours, and no secret", async () => {
    const error = new Error("broke at sk-ant-api03-abcdefgh");
    const { code, err } = await run(["start", await fileWith("")], { start: () => Promise.reject(error) });
    expect(code).toBe(1);
    expect(err).toMatch(/^longstop: Error: broke at \[redacted\]\n {4}at .*program\.test\.ts/);
  });
});

describe("longstop key", () => {
  it("makes a key, shows it once, and gives the hash that the configuration takes", async () => {
    const { code, out } = await run(["key"]);
    expect(code).toBe(0);
    const [key = ""] = out.split("\n");
    const [, hash] = /- hash: "(sha256:[0-9a-f]{64})"/.exec(out) ?? [];
    expect(key).toBe(`ls_${"ab".repeat(20)}`);
    const file = await fileWith(`tenancy: keys\nkeys: { acme: { keys: [{ hash: "${hash}" }] } }`);
    expect((await run(["check", file])).code).toBe(0);
  });
});

describe("longstop check", () => {
  it("finds nothing to say about a sound file, and warns of what is allowed", async () => {
    const file = await fileWith("posts: []");
    expect(await run(["check", file])).toEqual({
      code: 0,
      out: `${file}: no fault found.\nwarning: No guard is on duty: nothing is judged.\n`,
      err: "",
    });
  });

  it("shows every fault on stderr and answers with 2", async () => {
    const { code, out, err } = await run(["check", await fileWith("a: 1\nb: 2")]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("2 faults");
  });

  it("refuses a file that is not there", async () => {
    const file = path.join(await ownFolder(), "none.yaml");
    const { code, err } = await run(["check", file]);
    expect(code).toBe(2);
    expect(err).toContain("  expected  a configuration file that can be read\n  found     no such file\n");
  });
});

describe("longstop explain", () => {
  it("says what a configuration does", async () => {
    const { code, out } = await run(["explain", await fileWith("listen: { port: 9000 }")]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Address\n {2}http:\/\/127\.0\.0\.1:9000: only this machine can reach it\n/);
    expect(out).toContain("What a client gets for what it tells");
  });
});

describe("longstop schema", () => {
  it("prints the schema, or writes it to a file", async () => {
    const file = path.join(await ownFolder(), "schema.json");
    expect((await run(["schema"])).out).toBe(schemaFile(testSockets));
    expect(await run(["schema", "--out", file])).toEqual({ code: 0, out: "", err: "" });
    expect(await readFile(file, "utf8")).toBe(schemaFile(testSockets));
  });

  it("prints that of the table of services as well", async () => {
    expect((await run(["schema", "--services"])).out).toBe(serviceSchemaFile());
  });
});

describe("longstop effects and resolve", () => {
  it("list, resolve, and list again, beside a running gateway", async () => {
    const clock = { nowMs: start };
    const { file: db, gateway } = await openBoth(clock);
    const doubt = await record(gateway, { key: "a", run: "r-1" }, { state: "in-doubt", reason: "cut" });
    await record(gateway, { key: "b" }, { state: "declined" });
    const config = await fileWith(`ledger: { file: ${JSON.stringify(db)} }`);
    const withDb: Partial<Actions> = {
      openLedger: ({ ledger }) => openStore(String(ledger.options["file"]), clock, "operator"),
    };

    const listed = await run(["effects", "--in-doubt", "--config", config], withDb);
    expect(listed.out).toContain(doubt.id);
    expect(listed.out.split("\n")).toHaveLength(3);
    const ofRun = await run(
      ["effects", "--run", "r-1", "--json", "--ledger", db, "--config", config],
      withDb,
    );
    expect(JSON.parse(ofRun.out)).toMatchObject({ operation: doubt.id, state: "in-doubt" });
    expect(await run(["effects", "--limit", "1", "--config", config], withDb)).toMatchObject({
      err: "There are more than these 1; --limit shows more.\n",
    });

    const resolved = await run(
      ["resolve", doubt.id, "--not-done", "--reason", "asked", "--config", config],
      withDb,
    );
    expect(resolved).toEqual({
      code: 0,
      out:
        `Operation ${doubt.id} (mail POST http://mail/a) is resolved as not done.\n` +
        "When the call comes again it is sent to the tool.\n",
      err: "",
    });
    expect(await gateway.read(doubt.id)).toMatchObject({ reason: "Resolved as not done by ada: asked" });
    expect((await run(["effects", "--in-doubt", "--config", config], withDb)).out).toBe(
      "No operation is in doubt.\n",
    );

    const again = await run(["resolve", doubt.id, "--abandon", "--config", config], withDb);
    expect(again.code).toBe(1);
    expect(again.err).toContain("Only an operation in doubt can be resolved.\n");
    const noFile = await run(["resolve", doubt.id, "--done", "/nowhere/x", "--config", config], withDb);
    expect(noFile).toMatchObject({ code: 1, out: "" });
  });

  it("says that there is no ledger yet", async () => {
    const db = path.join(await ownFolder(), "none.db");
    const { code, err } = await run(["effects", "--ledger", db, "--config", await fileWith("")], {
      openLedger: ({ ledger }) => openStore(String(ledger.options["file"]), { nowMs: start }, "operator"),
    });
    expect(code).toBe(1);
    expect(err).toContain(`There is no ledger at ${db}.`);
    expect(err).not.toContain("    at ");
  });
});

async function fileWith(text: string): Promise<string> {
  const file = path.join(await ownFolder(), "longstop.yaml");
  await writeFile(file, text);
  return file;
}

async function run(args: readonly string[], actions: Partial<Actions> = {}) {
  let out = "";
  let err = "";
  const code = await runProgram(
    args,
    {
      sockets: testSockets,
      start: () => Promise.reject(new Error("This test starts nothing.")),
      openLedger: () => Promise.reject(new Error("This test opens no ledger.")),
      ...actions,
    },
    {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      now: () => start,
      environment: {},
      random: (bytes) => new Uint8Array(bytes).fill(0xab),
      user: "ada",
      version: "1.2.3",
    },
  );
  return { code, out, err };
}
