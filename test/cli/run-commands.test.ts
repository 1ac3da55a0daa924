import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type Actions, runProgram } from "../../src/cli/program.ts";
import { ownFolder } from "../config/loading.ts";
import { testSockets } from "../config/sockets.ts";
import { openBoth, openStore, record } from "./ledgers.ts";
import { tellPasses, tellVerdict } from "./told.ts";

const start = Date.UTC(2026, 10, 30);

async function open(more = "") {
  const clock = { nowMs: start };
  const { file: db, gateway } = await openBoth(clock);
  const config = path.join(await ownFolder(), "longstop.yaml");
  await writeFile(config, `ledger: { file: ${JSON.stringify(db)} }\n${more}`);
  const actions: Actions = {
    sockets: testSockets,
    start: () => Promise.reject(new Error("This test starts nothing.")),
    openLedger: ({ ledger }) => openStore(String(ledger.options["file"]), clock, "operator"),
  };
  const run = async (...args: string[]) => {
    let out = "";
    let err = "";
    const code = await runProgram([...args, "--config", config], actions, {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      now: () => clock.nowMs,
      environment: {},
      random: (bytes) => new Uint8Array(bytes),
      user: "ada",
      version: "1.2.3",
    });
    return { code, out, err };
  };
  return { clock, gateway, run };
}

describe("longstop runs", () => {
  it("lists runs, beside a running gateway", async () => {
    const { clock, gateway, run } = await open();
    expect(await run("runs")).toEqual({ code: 0, out: "No runs.\n", err: "" });
    await record(gateway, { key: "a", run: "r-1" });
    clock.nowMs += 1000;
    await tellVerdict(gateway, "r-2");
    const listed = await run("runs");
    expect(listed.out.split("\n").map((line) => line.split(" ")[0])).toEqual(["RUN", "r-2", "r-1", ""]);
    expect(await run("runs", "--limit", "1", "--json")).toMatchObject({
      out: expect.stringMatching(/^\{"run":"r-2".*\}\n$/),
      err: "There are more than these 1; --limit shows more.\n",
    });
    expect((await run("runs", "--tenant", "acme")).out).toBe("No runs.\n");
  });

  it("shows what happened in one, page by page", async () => {
    const { gateway, run } = await open();
    await tellVerdict(gateway, "r-2");
    await tellVerdict(gateway, "r-2", { reason: "second" });
    const shown = await run("runs", "show", "r-2", "--limit", "1");
    expect(shown.out).toContain("Run r-2 (tenant local): 0 claims, verdicts: 2 block\n");
    expect(shown.out).toContain("second");
    expect(shown.out).not.toContain("No such tool.");
    expect(shown.err).toBe("There are 1 earlier ones; --skip 1 shows those before.\n");
    const json = await run("runs", "show", "r-2", "--skip", "1", "--json");
    expect(JSON.parse(json.out)).toMatchObject({ what: "verdict", reason: "No such tool." });
  });

  it("closes one, and shows that", async () => {
    const { gateway, run } = await open();
    await tellVerdict(gateway, "r-2");
    const closed = await run("runs", "close", "r-2", "--reason", "over", "--json");
    const closedAt = new Date(start).toISOString();
    expect(JSON.parse(closed.out)).toEqual({ run: "r-2", tenant: "local", closedAt, now: true });
    expect((await run("runs", "close", "r-2")).out).toContain("was closed already");
    expect((await run("runs", "show", "r-2")).out).toContain("by ada: over");
    expect((await run("runs", "--json")).out).toContain(`"closedAt":"${closedAt}"`);
  });

  it("shows verdicts on exchanges without a run, of one tenant", async () => {
    const single = await open();
    await tellVerdict(single.gateway, null);
    expect((await single.run("runs", "show", "--anonymous")).out).toContain("No such tool.");
    const hash = `sha256:${"0".repeat(64)}`;
    const keys = await open(`tenancy: keys\nkeys: { acme: { keys: [{ hash: "${hash}" }] } }`);
    await tellVerdict(keys.gateway, null, {}, "acme");
    expect(await keys.run("runs", "show", "--anonymous")).toMatchObject({
      code: 1,
      err: "longstop: Anonymous exchanges belong to a tenant: say whose with --tenant <name>.\n",
    });
    expect((await keys.run("runs", "show", "--anonymous", "--tenant", "acme")).out).toContain(
      "No such tool.",
    );
  });

  it("says how often each post let pass", async () => {
    const { gateway, run } = await open();
    await tellPasses(gateway, start, 7);
    expect((await run("runs", "passes")).out).toContain("budget  enforce  prompt  7\n");
    expect(JSON.parse((await run("runs", "passes", "--json")).out)).toMatchObject({ count: 7 });
  });

  it("says in a sentence what cannot be", async () => {
    const { run } = await open();
    for (const command of ["show", "close"]) {
      const { code, err } = await run("runs", command, "nobody");
      expect([code, err]).toEqual([
        1,
        "longstop: There is no run nobody in the ledger. longstop runs lists them.\n",
      ]);
    }
  });

  it("answers wrong usage with 2 and a sentence", async () => {
    const { run } = await open();
    for (const [args, sentence] of [
      [["show"], "error: name a run, or say --anonymous"],
      [["show", "r", "--anonymous"], "error: name a run, or say --anonymous"],
      [["show", "r", "--skip", "-1"], "Expected a number from 0 to 999999."],
      [["close"], "error: missing required argument 'run'"],
      [["shw", "r"], "error: too many arguments"],
    ] as const) {
      const { code, out, err } = await run("runs", ...args);
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toContain(sentence);
    }
  });
});
