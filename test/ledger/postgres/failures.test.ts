import { DatabaseError } from "pg";
import { describe, expect, it } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import {
  asFailure,
  ConnectionLost,
  endsConnection,
  isBehind,
  isUndone,
  ledgerDown,
  sqlState,
} from "../../../src/ledger/postgres/failures.ts";

function reported(code: string): DatabaseError {
  return Object.assign(new DatabaseError("what the server says", 1, "error"), { code, severity: "ERROR" });
}

describe("a failure of the database", () => {
  it.each([
    ["28P01", "refused the user or the password"],
    ["3D000", "has no such database"],
    ["42501", "lets this user not do"],
    ["25006", "it is a standby, or read-only"],
    ["LS001", "was just put back"],
    ["53100", "its disk is full"],
    ["53300", "has no resources left"],
    ["57P03", "is shutting down, or starting"],
    ["XX001", "is damaged"],
  ])("%s is ledger_down, and says that the ledger %s", (code, sentence) => {
    const failure = asFailure(reported(code), "longstop at db:5432/app");
    expect(failure).toMatchObject({ code: "ledger_down", status: 503, retryAfterSeconds: 5 });
    expect(failure.message).toContain("The ledger longstop at db:5432/app ");
    expect(failure.message).toContain(sentence);
  });

  it("is ledger_down where the connection is lost, with what the server said of it where it did", () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    expect(asFailure(new ConnectionLost(refused, true), "l")).toMatchObject({
      code: "ledger_down",
      message: "The ledger l cannot be reached.",
      cause: refused,
    });
    expect(asFailure(new ConnectionLost(reported("28P01"), true), "l").message).toContain("password");
  });

  it("is our own fault where a statement is wrong, and stays what it was where it is known", () => {
    expect(asFailure(reported("42703"), "l")).toMatchObject({ code: "internal", status: 500 });
    expect(asFailure(new TypeError("x"), "l")).toMatchObject({ code: "internal" });
    const known = ledgerDown("Closed.");
    expect(asFailure(known, "l")).toBe(known);
    expect(known).toBeInstanceOf(LongstopError);
    const tooLarge = new RangeError("too large");
    expect(asFailure(tooLarge, "l")).toBe(tooLarge);
  });

  it("tells that the ledger has come less far than was asked for", () => {
    expect(isBehind(reported("LS001"))).toBe(true);
    expect(isBehind(reported("53100"))).toBe(false);
  });

  it("tells a server's report from a failure of the network", () => {
    expect(sqlState(reported("40P01"))).toBe("40P01");
    expect(sqlState(Object.assign(new Error("x"), { code: "EPIPE" }))).toBeNull();
    expect(sqlState("40P01")).toBeNull();
  });

  it("tells what ended a connection, and what was only undone", () => {
    expect(["57P01", "57P02", "08006", "25P03"].map(endsConnection)).toEqual([true, true, true, true]);
    expect(["57014", "53100", "23505"].map(endsConnection)).toEqual([false, false, false]);
    expect(["40001", "40P01", "23503"].map((code) => isUndone(reported(code)))).toEqual([true, true, true]);
    expect(["57P01", "55P03"].map((code) => isUndone(reported(code)))).toEqual([false, false]);
  });
});
