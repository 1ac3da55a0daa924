import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { type Actions, runProgram } from "../../src/cli/program.ts";
import { factKinds, subjectOfRun } from "../../src/exchange/run-facts.ts";
import { stores } from "../../src/ledger/index.ts";
import { startProvider } from "../../examples/provider/provider.ts";
import { ownFolder } from "../config/loading.ts";
import { testSockets } from "../config/sockets.ts";
import { closedPort } from "../proxy/support/closed-port.ts";
import { type RunningGateway, startTestGateway } from "../proxy/support/running-gateway.ts";
import { openStore } from "./ledgers.ts";

const start = Date.UTC(2026, 10, 30, 16, 15, 2, 417);
const attempt = "20261130T161502417-000000";
const key = `ls_${"0123456789".repeat(4)}`;

/** A gateway with a model behind it, its configuration, and the command line beside it. */
async function open(more: Readonly<Record<string, unknown>> = {}) {
  const provider = await startProvider(() => ({ text: "Hello." }));
  onTestFinished(() => provider.close());
  const vendor = { url: provider.url };
  const written = { upstreams: { openai: vendor, anthropic: vendor, gemini: vendor }, posts: [], ...more };
  const gateway = await startTestGateway(written);
  onTestFinished(async () => void (await gateway.stop()));
  const folder = await ownFolder();
  const config = path.join(folder, "longstop.yaml");
  const listen = { port: gateway.port };
  await writeFile(config, stringify({ ...written, listen, ledger: { file: gateway.ledgerFile } }));
  return { provider, gateway, config, folder, out: path.join(folder, "out") };
}

const actions: Actions = {
  sockets: { ...testSockets, stores },
  start: () => Promise.reject(new Error("This test starts nothing.")),
  openLedger: ({ ledger }) => openStore(String(ledger.options["file"]), { nowMs: start }, "operator"),
};

async function longstop(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  let out = "";
  let err = "";
  const code = await runProgram(args, actions, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    now: () => start,
    environment: { PATH: process.env["PATH"], ...more },
    random: (bytes) => new Uint8Array(bytes),
    user: "ada",
    version: "1.2.3",
  });
  return { code, out, err };
}

/** A program behind `--`. */
const program = (code: string): readonly string[] => [
  "--",
  process.execPath,
  "--input-type=module",
  "-e",
  code,
];

const exits = (code: number): readonly string[] => program(`process.exit(${code})`);

/** Says in a file that it ran, and in which environment. */
const tells = program(`import { writeFileSync } from "node:fs";
  writeFileSync(process.env.OUT, JSON.stringify(process.env));`);

/** An agent that knows nothing of Longstop: clients without a base URL. */
const agent = program(`
  import { anthropic } from "@ai-sdk/anthropic";
  import { openai } from "@ai-sdk/openai";
  import Anthropic from "@anthropic-ai/sdk";
  import { GoogleGenAI } from "@google/genai";
  import { ChatAnthropic } from "@langchain/anthropic";
  import { ChatOpenAI } from "@langchain/openai";
  import { generateText } from "ai";
  import OpenAI from "openai";
  const messages = [{ role: "user", content: "Hi" }];
  const texts = [
    (await new OpenAI().chat.completions.create({ model: "gpt-5.4-mini", messages })).choices[0].message.content,
    (await new Anthropic().messages.create({ model: "claude-sonnet-5-5", max_tokens: 9, messages })).content[0].text,
    (await new GoogleGenAI({}).models.generateContent({ model: "gemini-3-flash", contents: "Hi" })).text,
    (await new ChatOpenAI({ model: "gpt-5.4-mini" }).invoke("Hi")).text,
    (await new ChatAnthropic({ model: "claude-sonnet-5-5" }).invoke("Hi")).text,
    (await generateText({ model: openai.chat("gpt-5.4-mini"), prompt: "Hi" })).text,
    (await generateText({ model: anthropic("claude-sonnet-5-5"), prompt: "Hi" })).text,
  ];
  process.exit(texts.every((text) => text === "Hello.") ? 0 : 9);`);

const vendorKeys = { OPENAI_API_KEY: "sk-a", ANTHROPIC_API_KEY: "sk-b", GEMINI_API_KEY: "sk-c" };

/** What the gateway's log says of exchanges. */
function exchangesOf({ logged }: RunningGateway) {
  return logged.filter(({ what }) => what === "exchange").map(({ fields }) => fields);
}

describe("longstop run", () => {
  it("brings every client to the gateway, as one attempt of the run", async () => {
    const { provider, gateway, config } = await open();
    const args = ["run", "order 7/eu", "--config", config, "--stage", "plan"];
    const { code, out, err } = await longstop([...args, ...agent], vendorKeys);
    expect({ code, out, err }).toEqual({
      code: 0,
      out: "",
      err: `longstop: run order 7/eu, attempt ${attempt}, stage plan, gateway ${gateway.url}\n`,
    });
    expect(provider.requests.map(({ path: at }) => at)).toEqual([
      "/v1/chat/completions",
      "/v1/messages",
      "/v1/models/gemini-3-flash:generateContent",
      "/v1/chat/completions",
      "/v1/messages",
      "/v1/chat/completions",
      "/v1/messages",
    ]);
    const under = `/run/order%207%2Feu/attempt/${attempt}/stage/plan/`;
    const exchange = { status: 200, path: expect.stringMatching(`^${under}`) };
    expect(exchangesOf(gateway)).toEqual(Array(7).fill(expect.objectContaining(exchange)));
    // The vendors' keys are the command's own.
    for (const [n, secret] of ["sk-a", "sk-b", "sk-c", "sk-a", "sk-b", "sk-a", "sk-b"].entries()) {
      expect(Object.values(provider.requests[n]?.headers ?? {}).join(" ")).toContain(secret);
    }
  }, 60_000);

  it("has its attempts in the timeline of the run", async () => {
    const { config } = await open();
    const asks = program(`import OpenAI from "openai";
      const messages = [{ role: "user", content: "Hi" }];
      await new OpenAI({ apiKey: "sk-a" }).chat.completions.create({ model: "gpt-5.4-mini", messages });`);
    const args = ["run", "r", "--config", config];
    expect((await longstop([...args, ...asks])).code).toBe(0);
    expect((await longstop([...args, "--attempt", "second", ...asks])).code).toBe(0);
    // What has passed is written within five seconds.
    const attempts = async (): Promise<unknown[]> => {
      const shown = await longstop(["runs", "show", "r", "--json", "--config", config]);
      return shown.out
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => (JSON.parse(line) as Record<string, unknown>)["attempt"]);
    };
    await expect.poll(attempts, { timeout: 15_000 }).toEqual([attempt, "second"]);
  }, 30_000);

  it("gives the exit code of the command, and says why one was not started", async () => {
    const { config } = await open();
    const args = ["run", "r", "--config", config, "--quiet"];
    expect(await longstop([...args, ...exits(37)])).toEqual({ code: 37, out: "", err: "" });
    expect(await longstop([...args, "--", "no-such-program-here"])).toEqual({
      code: 127,
      out: "",
      err: 'longstop: No program in PATH is called "no-such-program-here".\n',
    });
  });

  it("tells the command where it is, and warns of what it replaced unless it is to be quiet", async () => {
    const { config, out, gateway } = await open();
    const mine = { OUT: out, OPENAI_BASE_URL: "http://elsewhere.example/v1", HTTP_PROXY: "http://p.example" };
    const { err } = await longstop(["run", "r", "--config", config, ...tells], mine);
    expect(err.split("\n")).toEqual([
      "longstop: warning: OPENAI_BASE_URL was set (at elsewhere.example); the command gets the gateway's.",
      expect.stringContaining("longstop: warning: HTTP_PROXY would send calls of the gateway to a proxy"),
      `longstop: run r, attempt ${attempt}, gateway ${gateway.url}`,
      "",
    ]);
    expect(JSON.parse(await readFile(out, "utf8"))).toMatchObject({
      LONGSTOP_RUN: "r",
      LONGSTOP_ATTEMPT: attempt,
      LONGSTOP_URL: `${gateway.url}/run/r/attempt/${attempt}`,
      NO_PROXY: "127.0.0.1,localhost",
    });
    expect((await longstop(["run", "r", "--config", config, "--quiet", ...tells], mine)).err).toBe("");
  });

  it("starts nothing where no gateway is ready, unless told not to ask", async () => {
    const { out } = await open();
    const url = `http://127.0.0.1:${await closedPort()}`;
    const args = ["run", "r", "--gateway", url];
    const { code, err } = await longstop([...args, ...tells], { OUT: out });
    expect(code).toBe(1);
    expect(err).toMatch(/^longstop: No gateway answers at http:\S+ \(ECONNREFUSED\)\. .*not started.*\n$/);
    await expect(readFile(out)).rejects.toThrow("ENOENT");
    expect((await longstop([...args, "--no-check", ...tells], { OUT: out })).code).toBe(0);
    expect(await readFile(out, "utf8")).toContain(url);
  });

  it.each([
    [["run"], "error: missing required argument 'run'"],
    [["run", "r"], "error: say what to run: longstop run <run> -- <command>"],
    [["run", "r", "--"], "error: say what to run"],
    [["run", "r", "node", "x.mjs"], "error: too many arguments"],
    [["run", "..", "--", "true"], "clients resolve . and .. in a URL"],
    [["run", "a\nb", "--", "true"], "without control characters"],
    [["run", "r", "--attempt", "x".repeat(257), "--", "true"], "Expected 1 to 256 characters"],
    [["run", "r", "--gateway", "h:1", "--", "true"], "Expected a URL that begins with http"],
    [["run", "r", "--gateway", "http://h", "--end", "--", "true"], "--config or --ledger"],
    [["run", "r", "--key-env", "A", "--key-file", "b", "--", "true"], "cannot be used with"],
  ])("answers wrong usage with 2 and a sentence: %j", async (args, sentence) => {
    const { code, out, err } = await longstop(args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(sentence);
  });

  it("quotes no key that stands in a URL", async () => {
    const { err } = await longstop(["run", "r", "--gateway", `http://h/k/${key}/v1`, "--", "true"]);
    expect(err).toContain("--key-env");
    expect(err).not.toContain(key);
  });
});

describe("the end of a run", () => {
  it("is written with --end, where the command ended with 0; then it takes no further one", async () => {
    const { gateway, config, out } = await open();
    const args = ["run", "r", "--config", config, "--quiet"];
    expect((await longstop([...args, "--end", ...exits(3)])).code).toBe(3);
    expect((await longstop([...args, "--end", ...exits(0)])).code).toBe(0);
    const ledger = await openStore(gateway.ledgerFile, { nowMs: start }, "operator");
    const facts = await ledger.facts("local", subjectOfRun("r"), factKinds.runClosed);
    expect(facts.map(({ value }) => value)).toEqual([{ by: "ada", reason: "its command ended with 0" }]);
    expect(await longstop([...args, ...tells], { OUT: out })).toEqual({
      code: 1,
      out: "",
      err:
        "longstop: The run r is closed since 2026-11-30T16:15:02Z and takes no new request. " +
        "The command was not started; begin another run under another id.\n",
    });
    await expect(readFile(out)).rejects.toThrow("ENOENT");
    expect((await longstop(["run", "r2", "--config", config, ...exits(0)])).code).toBe(0);
  });

  it("is left to the gateway where the ledger cannot be read, and cannot be written there", async () => {
    const { gateway, folder, out } = await open();
    const other = path.join(folder, "elsewhere.yaml");
    await writeFile(other, stringify({ ledger: { file: path.join(folder, "none.db") } }));
    const broken: Actions = { ...actions, openLedger: () => Promise.reject(new Error("no such ledger")) };
    const args = ["run", "r", "--config", other, "--gateway", gateway.url];
    const shell = {
      out: () => {},
      err: () => {},
      now: () => start,
      environment: { OUT: out },
      random: (bytes: number) => new Uint8Array(bytes),
      user: "ada",
      version: "1.2.3",
    };
    expect(await runProgram([...args, "--end", ...tells], broken, shell)).toBe(1);
    await expect(readFile(out)).rejects.toThrow("ENOENT");
    expect(await runProgram([...args, ...tells], broken, shell)).toBe(0);
    expect(await readFile(out, "utf8")).not.toBe("");
  });
});

describe("longstop run with tenancy: keys", () => {
  const hash = `sha256:${createHash("sha256").update(key).digest("hex")}`;
  const tenancy = { tenancy: "keys", keys: { acme: { keys: [{ hash }] } } };

  it("lets the command in by a key that stands on no command line and in no message", async () => {
    const { provider, gateway, config } = await open(tenancy);
    const args = ["run", "r", "--config", config, "--key-env", "ACME_KEY"];
    const { code, err } = await longstop([...args, ...agent], { ...vendorKeys, ACME_KEY: key });
    expect(code).toBe(0);
    expect(err).toBe(`longstop: run r, attempt ${attempt}, gateway ${gateway.url}\n`);
    const exchange = {
      tenant: "acme",
      path: expect.stringMatching(`^/k/\\[key\\]/run/r/attempt/${attempt}/`),
    };
    expect(exchangesOf(gateway)).toEqual(Array(7).fill(expect.objectContaining(exchange)));
    expect(JSON.stringify(provider.requests)).not.toContain(key);
  }, 60_000);

  it("needs to be told whose run it closes", async () => {
    const { gateway, config } = await open(tenancy);
    const args = ["run", "r", "--config", config, "--end"];
    expect(await longstop([...args, ...exits(0)])).toMatchObject({
      code: 2,
      err: expect.stringContaining("--end needs --tenant <name>"),
    });
    expect((await longstop([...args, "--tenant", "acme", ...exits(0)])).code).toBe(0);
    const ledger = await openStore(gateway.ledgerFile, { nowMs: start }, "operator");
    expect(await ledger.facts("acme", subjectOfRun("r"), factKinds.runClosed)).toHaveLength(1);
  });

  it("says that a key opens nothing where the gateway asks for none", async () => {
    const { config } = await open();
    const args = ["run", "r", "--config", config, "--key-env", "ACME_KEY", ...exits(0)];
    const { code, err } = await longstop(args, { ACME_KEY: key });
    expect(code).toBe(1);
    expect(err).toContain("Virtual keys need `tenancy: keys`");
    expect(err).not.toContain(key);
  });
});

describe("the program longstop run", () => {
  it("hands signals, input and output through to the command, and adds nothing to its output", async () => {
    const { config } = await open();
    const code = `process.on("SIGTERM", () => { console.log("stopping"); process.exit(5); });
      process.stdin.on("data", (chunk) => console.log("read " + chunk));`;
    const entry = path.join(import.meta.dirname, "../../longstop.mjs");
    const child: ChildProcess = spawn(
      process.execPath,
      [entry, "run", "r", "--config", config, ...program(code)],
      { stdio: ["pipe", "pipe", "pipe"] },
    );
    onTestFinished(() => {
      child.stdin?.end();
      child.kill("SIGKILL");
    });
    let out = "";
    let err = "";
    child.stdout?.on("data", (chunk) => (out += String(chunk)));
    child.stderr?.on("data", (chunk) => (err += String(chunk)));
    const ended = new Promise((resolve) => child.once("close", (...how) => resolve(how)));
    child.stdin?.write("hello");
    await expect.poll(() => out, { timeout: 20_000 }).toBe("read hello\n");
    child.kill("SIGTERM");
    expect(await ended).toEqual([5, null]);
    expect(out).toBe("read hello\nstopping\n");
    expect(err).toMatch(/^longstop: run r, attempt \d{8}T\d{9}-[0-9a-f]{6}, gateway http:\S+\n$/);
  }, 40_000);
});
