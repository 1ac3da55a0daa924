import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { type Actions, runProgram } from "../../src/cli/program.ts";
import { type DivergenceFact, factKinds, subjectOfRun } from "../../src/exchange/run-facts.ts";
import { ownFolder } from "../config/loading.ts";
import { testSockets } from "../config/sockets.ts";
import { openBoth, openStore } from "./ledgers.ts";

const nowMs = Date.UTC(2026, 10, 30);

it("says what was decided, once one of the two is said", async () => {
  const { file: db, gateway } = await openBoth({ nowMs });
  const config = path.join(await ownFolder(), "longstop.yaml");
  await writeFile(config, `ledger: { file: ${JSON.stringify(db)} }\n`);
  const actions: Actions = {
    sockets: testSockets,
    start: () => Promise.reject(new Error("This test starts nothing.")),
    openLedger: ({ ledger }) => openStore(String(ledger.options["file"]), { nowMs }, "operator"),
  };
  const run = async (...args: string[]) => {
    const said = { out: "", err: "" };
    const code = await runProgram(["resume", ...args, "--config", config], actions, {
      out: (text) => void (said.out += text),
      err: (text) => void (said.err += text),
      now: () => nowMs,
      environment: {},
      random: (bytes) => new Uint8Array(bytes),
      user: "ada",
      version: "1.2.3",
    });
    return { code, ...said };
  };
  const value: DivergenceFact = {
    attempt: "b",
    turn: "t2",
    recorded: "t1",
    message: 3,
    parameters: [],
    exchange: "x",
  };
  await gateway.append([{ tenant: "local", subject: subjectOfRun("r"), kind: factKinds.divergence, value }]);
  expect(await run("r")).toMatchObject({ code: 2, err: expect.stringContaining("--accept, --fail") });
  expect((await run("r", "--accept", "--fail")).code).toBe(2);
  expect(await run("none", "--fail")).toMatchObject({ code: 1, err: expect.stringContaining("no run none") });
  expect(await run("r", "--accept", "--reason", "looked")).toEqual({
    code: 0,
    out:
      "Decided about the attempt b of the run r (tenant local). Its effects are executed from now on: the " +
      "agent may send again what was refused.\n",
    err: "",
  });
  expect((await run("r", "--fail", "--attempt", "b", "--json")).out).toBe(
    '{"run":"r","tenant":"local","attempt":"b","decision":"fail"}\n',
  );
  const facts = await gateway.facts("local", subjectOfRun("r"), factKinds.runResumed);
  expect(facts.map((fact) => fact.value)).toMatchObject([
    { decision: "accept", by: "ada", reason: "looked" },
    { decision: "fail", reason: null },
  ]);
});
