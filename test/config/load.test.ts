import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { configOf, faultLines, faultsOf, loadText, ownFolder } from "./loading.ts";
import { noSecrets } from "../../src/config/secrets.ts";
import { testSockets } from "./sockets.ts";

const everyTopKey =
  "one of the keys listen, admin, tenancy, keys, log, drainSeconds, limits, timeouts, deadlines, upstreamRetries, upstreams, defaults, unguarded, statefulRequests, tools, " +
  "posts, repair, hold, effects, run, turns, ledger";

describe("loadConfig", () => {
  it("gives every key its default for an empty file", async () => {
    expect(await configOf("")).toEqual({
      listen: { host: "127.0.0.1", port: 8787, trustedNetwork: false },
      admin: { host: "127.0.0.1", port: null },
      tenancy: "single",
      keys: {},
      log: { level: "info", format: "auto" },
      drainSeconds: 30,
      limits: {
        requestBytesMax: 67_108_864,
        answerBytesMax: 268_435_456,
        headerBytesMax: 65_536,
        frameBytesMax: 16_777_216,
      },
      timeouts: {
        connectMs: 10_000,
        headersMs: 600_000,
        firstTokenMs: 600_000,
        idleMs: 300_000,
        totalMs: 0,
      },
      deadlines: {
        mode: "enforce",
        totalSeconds: 0,
        wholeSeconds: 290,
        marginPercent: 10,
        marginSecondsMin: 1,
        marginSecondsMax: 10,
      },
      upstreamRetries: { attemptsMax: 1, statuses: [], delayMs: 500, delayMsMax: 8000 },
      upstreams: {
        openai: { url: "https://api.openai.com" },
        anthropic: { url: "https://api.anthropic.com" },
        gemini: { url: "https://generativelanguage.googleapis.com" },
      },
      defaults: { openai: "openai", anthropic: "anthropic", gemini: "gemini" },
      run: { replayHours: 24, detectedAttempts: "report", onDivergence: "pause" },
      turns: {
        mode: "off",
        graceSeconds: 60,
        streamGraceSeconds: 0,
        keptBytesMax: 67_108_864,
        upstreamStreaming: "auto",
        onPartial: "attach",
        normalise: [],
      },
      unguarded: "pass",
      statefulRequests: "hydrate",
      tools: {},
      posts: [
        { ...post("run-limits", "block", {}), mode: "off" },
        post("tool-list", "block", {}),
        post("tool-schema", "block", { nulls: "allow", formatsEnforced: [] }),
        post("quarantine", "block", { delimit: true }),
        post("budget", "pass", { highWater: 0.9, lowWater: 0.55, note: "" }),
        { ...post("repeat-breaker", "pass", {}), mode: "report" },
      ],
      repair: { attemptsMax: 2 },
      hold: { heldBytesMax: 8_388_608, heldSecondsMax: 300, preambleMs: 1000, keepAliveSeconds: 15 },
      effects: {
        mode: "enforce",
        leaseSeconds: 60,
        retryWindowSeconds: 300,
        effectBodyBytesMax: 1_048_576,
        attachSeconds: 60,
        inDoubtLock: "operation",
        unrequested: "report",
        services: null,
      },
      keyedServices: [],
      ledger: { kind: "sqlite", options: { file: "data/longstop.db", retentionDays: 7 } },
    });
  });

  it("names every fault at once, each with its place, in the order of the file", async () => {
    const lines = await faultLines(
      [
        "listen: { port: 70000, host: 0.0.0.0, prt: 1 }",
        "port: 5",
        "keys: { acme: {} }",
        'drainSeconds: "30"',
        "limits: { requestBytesMax: 8 MiB }",
        "hold: { heldBytesMax: 500000000 }",
        "upstreams:",
        "  my up: { url: x }",
        '  a: { url: "https://u:p@h/v1?x" }',
        "  b: {}",
        "defaults: { openai: aa }",
        "tools: { t: { url: 'http://h', effect: wirte, idempotencyHeader: Cookie } }",
        "posts:",
        "  - guard: budgt",
        "  - { guard: budget, lowWater: 0.9, highWater: 0.5 }",
        "  - { guard: budget, planes: [tool] }",
        "  - { guard: tool-schema, nulls: alow, mode: yes, planes: [llm, llm] }",
        "  - mode: off",
        "  - quarantine",
        "ledger: { kind: sqlit }",
      ].join("\n"),
    );
    const name = "a name of 1 to 64 letters, digits, '.', '_' or '-' that begins with a letter or a digit";
    expect(lines).toEqual([
      "1:17 listen.port | an integer from 0 to 65535 | 70000",
      '1:30 listen.host | a loopback address such as 127.0.0.1 | "0.0.0.0" | Whoever reaches the gateway may use ' +
        "it. Set tenancy: keys, so that only who has a key may; or, where everyone on this network is trusted, " +
        "listen.trustedNetwork: true.",
      '1:39 listen.prt | one of the keys host, port, trustedNetwork | an unknown key, "prt" | Did you mean port?',
      `2:1 port | ${everyTopKey} | an unknown key, "port" | Did you mean listen.port?`,
      "3:1 keys | keys, because there are tenants with keys; single asks nobody for one | tenancy single",
      "3:15 keys.acme.keys | a list of 1 to 100 in the key keys | nothing",
      '4:15 drainSeconds | an integer from 0 to 3600 | "30" | Write 30 without quotes.',
      '5:28 limits.requestBytesMax | an integer from 1024 to 535822336 | "8 MiB" | Write 8388608: the unit is bytes.',
      "7:23 hold.heldBytesMax".replace("7", "6") +
        " | at most 268435456, because limits.answerBytesMax is 268435456 | 500000000 | What is held of a stream is " +
        "part of an answer that is looked at.",
      `8:3 upstreams["my up"] | ${name} | "my up"`,
      "9:13 upstreams.a.url | a URL without credentials: clients send their own; a URL without a query | " +
        '"https://u:p@h/v1?x"',
      "10:6 upstreams.b.url | an http or https URL in the key url | nothing",
      '11:21 defaults.openai | one of the upstreams my up, a, b | "aa" | Did you mean a?',
      '12:40 tools.t.effect | one of by-method, read, write, irreversible | "wirte" | Did you mean write?',
      "12:66 tools.t.idempotencyHeader | the header in which the tool expects an idempotency key | " +
        '"cookie", which has another meaning',
      '14:12 posts[0].guard | one of tool-schema, quarantine, budget, run-limits, tool-list, repeat-breaker | "budgt" | Did you mean budget?',
      "15:5 posts[1] | lowWater (0.9) must be below highWater (0.5) | ",
      '16:30 posts[2].planes | one of llm: budget watches prompt only | ["tool"]',
      '17:34 posts[3].nulls | one of allow, strip | "alow" | Did you mean allow?',
      '17:46 posts[3].mode | one of off, report, enforce | "yes"',
      '17:59 posts[3].planes | a list of at least 1 of llm, tool, mcp, each once | ["llm","llm"]',
      "18:5 posts[4].guard | one of tool-schema, quarantine, budget, run-limits, tool-list, repeat-breaker | nothing",
      '19:5 posts[5] | a section of keys | "quarantine" | Write { guard: quarantine }.',
      '20:17 ledger.kind | sqlite | "sqlit" | Did you mean sqlite?',
    ]);
  });

  it("says nothing about relations of a value that is faulty itself", async () => {
    expect(await faultLines("limits: { answerBytesMax: x }\nhold: { heldBytesMax: 9000000 }")).toEqual([
      '1:27 limits.answerBytesMax | an integer from 1024 to 535822336 | "x"',
    ]);
  });

  it("names the faults of the command line by their option", async () => {
    const faults = await faultsOf("listen: { port: 1 }", { host: "::", port: "eighty", ledgerFile: "" });
    expect(faults.map(({ origin, line, expected, found }) => ({ origin, line, expected, found }))).toEqual([
      { origin: "--port", line: 0, expected: "an integer from 0 to 65535", found: '"eighty"' },
      { origin: "--ledger", line: 0, expected: "text of at least 1 characters", found: '""' },
      { origin: "--host", line: 0, expected: "a loopback address such as 127.0.0.1", found: '"::"' },
    ]);
  });

  it("lets the command line win over the file", async () => {
    const config = await configOf("listen: { port: 1 }\nledger: { file: a.db }", {
      host: "::1",
      port: "0",
      ledgerFile: "b.db",
    });
    expect(config.listen).toEqual({ host: "::1", port: 0, trustedNetwork: false });
    expect(config.ledger).toEqual({ kind: "sqlite", options: { file: "b.db", retentionDays: 7 } });
  });

  it("takes a section without any keys as its defaults", async () => {
    expect(await configOf("listen:\nlimits:\n  # requestBytesMax: 1\ntools:\nledger:\n")).toEqual(
      await configOf(""),
    );
  });

  it("does not guess what an empty list of posts was meant to be", async () => {
    expect(await faultLines("posts:\nlog: { level: }\n")).toEqual([
      "1:1 posts | a list of at most 64 | nothing (an empty value is null) | " +
        "Write [] for an empty list, or remove the key to get the default.",
      "2:8 log.level | one of debug, info, warn, error | nothing (an empty value is null) | " +
        "Remove the key to get the default.",
    ]);
    expect((await configOf("posts: []")).posts).toEqual([]);
  });

  it("takes no value from the environment: what looks like a variable is text", async () => {
    expect((await configOf("ledger: { file: '${HOME}/x.db' }")).ledger.options["file"]).toBe("${HOME}/x.db");
  });

  it("reads secrets only where it is lent an environment, and names the variable that is missing", async () => {
    const file = path.join(await ownFolder(), "longstop.yaml");
    await writeFile(file, "upstreams:\n  a: { url: 'http://h', apiKey: { env: A_KEY } }\n");
    const request = { file, defaultFile: file, overrides: {}, sockets: testSockets };
    expect(await loadConfig(request)).toMatchObject({ kind: "config", secrets: noSecrets });
    expect(await loadConfig({ ...request, environment: { A_KEY: "sk-a" } })).toMatchObject({
      kind: "config",
      secrets: { upstreams: new Map([["a", "sk-a"]]) },
    });
    const faulty = await loadConfig({ ...request, environment: {} });
    expect(faulty.kind === "faults" && faulty.faults).toMatchObject([
      { path: "upstreams.a.apiKey.env", line: 2, found: "no variable A_KEY" },
    ]);
  });

  it("holds the defaults where the default file is missing, and says that there is none", async () => {
    const defaultFile = path.join(await ownFolder(), "none.yaml");
    const loaded = await loadConfig({ file: undefined, defaultFile, overrides: {}, sockets: testSockets });
    expect(loaded).toEqual({ kind: "config", file: null, config: await configOf(""), secrets: noSecrets });
  });

  it.each([
    ["a missing named file", (file: string) => Promise.resolve(file), "no such file"],
    ["a folder", (file: string) => mkdir(file), "a folder"],
    [
      "bytes that are not UTF-8",
      async (file: string) => writeFile(file, Buffer.from([0xc3, 0x28])),
      "not UTF-8",
    ],
    [
      "a file over 256 KiB",
      async (file: string) => writeFile(file, `# ${"x".repeat(256 * 1024)}`),
      "a larger file",
    ],
  ])("refuses %s", async (_name, make, found) => {
    const file = path.join(await ownFolder(), "x.yaml");
    await make(file);
    const loaded = await loadConfig({ file, defaultFile: "x", overrides: {}, sockets: testSockets });
    expect(loaded).toMatchObject({
      kind: "faults",
      complete: false,
      faults: [{ path: "", origin: file, line: 0 }],
    });
    expect(loaded.kind === "faults" && loaded.faults[0]?.found).toContain(found);
  });

  it.skipIf(process.getuid?.() === 0)("refuses a file that it may not read", async () => {
    const file = path.join(await ownFolder(), "x.yaml");
    await writeFile(file, "");
    await chmod(file, 0);
    const loaded = await loadConfig({ file, defaultFile: "x", overrides: {}, sockets: testSockets });
    expect(loaded).toMatchObject({ kind: "faults", faults: [{ found: "no permission to read it" }] });
  });

  it("checks everything else behind a duplicate key, and nothing behind broken syntax", async () => {
    expect(await faultLines("drainSeconds: 1\ndrainSeconds: 2\nport: 1\n")).toEqual([
      "2:1 | every key once | drainSeconds",
      `3:1 port | ${everyTopKey} | an unknown key, "port" | Did you mean listen.port?`,
    ]);
    const broken = await loadText("drainSeconds: [1\nport: 1\n");
    expect(broken).toMatchObject({ kind: "faults", complete: false });
  });

  it("refuses a file that is a list", async () => {
    expect((await faultsOf("- a"))[0]).toMatchObject({ path: "", line: 1, found: '["a"]' });
  });

  it("treats keys of JavaScript's own objects as keys", async () => {
    const paths = (
      await faultsOf("__proto__: { x: 1 }\nconstructor: 1\nupstreams: { __proto__: { url: 'http://h' } }")
    ).map((fault) => fault.path);
    expect(paths).toEqual(["__proto__", "constructor", "upstreams.__proto__"]);
  });
});

function post(guard: string, onError: string, options: object): object {
  return { guard, mode: "enforce", onError, planes: ["llm", "tool", "mcp"], options };
}
