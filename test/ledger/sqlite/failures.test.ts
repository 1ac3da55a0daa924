import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import {
  asFailure,
  ledgerDown,
  packFailure,
  sqliteCode,
  unpackFailure,
} from "../../../src/ledger/sqlite/failures.ts";

function thrownBy(run: () => void): unknown {
  try {
    run();
  } catch (thrown) {
    return thrown;
  }
  throw new Error("nothing was thrown");
}

/** What node:sqlite throws for a result code, extended bits included. */
function sqliteError(errcode: number): Error {
  return Object.assign(new Error("sqlite says no"), { code: "ERR_SQLITE_ERROR", errcode });
}

describe("a failure of the store", () => {
  it.each([
    [5, "locked by another process"],
    [8, "cannot be written to"],
    [10 | (3 << 8), "check the disk"],
    [11, "damaged"],
    [13, "could not grow"],
    [14, "cannot be opened"],
    [26, "not a ledger"],
  ])("with SQLite's code %i is a sentence with a remedy, and nothing was done", (code, words) => {
    const failure = asFailure(sqliteError(code), "a.db");
    expect(failure).toMatchObject({ code: "ledger_down", status: 503, retryAfterSeconds: 5 });
    expect(failure.message).toContain("The ledger a.db ");
    expect(failure.message).toContain(words);
  });

  it("reads the code of what node:sqlite really throws", () => {
    const database = new DatabaseSync(":memory:");
    const thrown = thrownBy(() => database.exec("select * from nothing"));
    database.close();
    expect(sqliteCode(thrown)).toBe(1);
    expect(sqliteCode(new Error("other"))).toBeNull();
    expect(sqliteCode("a string")).toBeNull();
  });

  it("of the operating system is one as well; a fault of the program is not", () => {
    const refused = Object.assign(new Error("EACCES"), { code: "EACCES", syscall: "open" });
    expect(asFailure(refused, "a.db")).toMatchObject({
      code: "ledger_down",
      message: expect.stringMatching(/EACCES/),
    });
    expect(asFailure(new TypeError("x is undefined"), "a.db").code).toBe("internal");
    expect(asFailure(sqliteError(1), "a.db").code).toBe("internal");
  });

  it("in our own words stays as it is", () => {
    const own = ledgerDown("Full.");
    expect(asFailure(own, "a.db")).toBe(own);
  });
});

it("crosses threads with code, sentence and cause", () => {
  const there = unpackFailure(packFailure(ledgerDown("Full.", new Error("no space"))));
  expect(there).toBeInstanceOf(LongstopError);
  expect(there).toMatchObject({ code: "ledger_down", message: "Full.", retryAfterSeconds: 5 });
  expect(there.cause).toContain("no space");
  expect(unpackFailure(packFailure(new LongstopError("internal", "Bug."))).cause).toBeUndefined();
});
