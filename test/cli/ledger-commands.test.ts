import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addLedgerCommands, confirmLoss } from "../../src/cli/ledger-commands.ts";
import type { Shell } from "../../src/cli/program.ts";
import type { Config } from "../../src/config/config.ts";
import { ownFolder } from "../config/loading.ts";
import { testSockets } from "../config/sockets.ts";
import type { Loss } from "../../src/exchange/loss.ts";
import type { Confirmation, Ledger } from "../../src/ledger/ledger.ts";

const older: Loss = { why: "older", fromMs: Date.UTC(2027, 0, 1, 10), toMs: Date.UTC(2027, 0, 1, 12) };

function ledgerWith(loss: Loss | null): { readonly ledger: Ledger; readonly confirmed: Confirmation[] } {
  const confirmed: Confirmation[] = [];
  const confirm = async (by: Confirmation): Promise<Loss | null> => {
    confirmed.push(by);
    return loss;
  };
  return { ledger: { confirm } as unknown as Ledger, confirmed };
}

describe("longstop ledger confirm", () => {
  it("says what was lost, from when to when, and what follows", async () => {
    const { ledger, confirmed } = ledgerWith(older);
    const text = await confirmLoss(ledger, "ada", " disk\nfailed ");
    expect(text).toContain("its last entry is of 2027-01-01T10:00:00.000Z");
    expect(text).toContain("entries up to 2027-01-01T12:00:00.000Z");
    expect(text).toContain("Confirmed by ada.");
    expect(text).toContain("is sent to its tool again");
    expect(confirmed[0]).toMatchObject({ user: "ada" });
    expect(confirmed[0]?.reason).not.toContain("\n");
    expect(confirmed[0]?.reason).toMatch(/^disk.*failed$/);
  });

  it("says so where nothing is to be confirmed", async () => {
    expect(await confirmLoss(ledgerWith(null).ledger, "ada", undefined)).toContain("nothing to confirm");
  });

  it("says so where the kind of ledger has no loss", async () => {
    expect(await confirmLoss({} as Ledger, "ada", undefined)).toContain("cannot tell that it was put back");
  });

  it("is for the ledger that it is told", async () => {
    const program = new Command("longstop");
    const { ledger, confirmed } = ledgerWith(older);
    const asked: unknown[] = [];
    let said = "";
    const actions = {
      sockets: testSockets,
      start: () => Promise.reject(new Error("not asked for")),
      openLedger: (config: Config) => {
        asked.push(config.ledger.options["file"]);
        return Promise.resolve({ ...ledger, close: () => Promise.resolve() });
      },
    };
    const shell = { out: (text: string) => void (said += text), user: "ada", environment: {} };
    addLedgerCommands(program, actions, shell as unknown as Shell);
    const config = join(await ownFolder(), "longstop.yaml");
    await writeFile(config, "");
    const args = ["ledger", "confirm", "--config", config, "--ledger", "a.db"];
    await program.parseAsync(args, { from: "user" });
    expect(asked).toEqual(["a.db"]);
    expect(confirmed).toEqual([{ user: "ada", reason: null }]);
    expect(said).toContain("Confirmed by ada.");
  });
});
