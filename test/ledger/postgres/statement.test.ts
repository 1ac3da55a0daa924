import { describe, expect, it } from "vitest";
import { quoted, Statements } from "../../../src/ledger/postgres/statement.ts";

describe("a statement", () => {
  const statements = new Statements("longstop");

  it("names the schema before each name of the ledger, and numbers its values by name", () => {
    const sql =
      "select @now_ms() from @claims where id = :id and key = :key and (:id = '' or x::text = :key)";
    expect(statements.of(sql, { key: "k", id: "i" })).toEqual({
      text:
        'select "longstop".now_ms() from "longstop".claims where id = $1 and key = $2 ' +
        "and ($1 = '' or x::text = $2)",
      values: ["i", "k"],
    });
  });

  it("is the same text with other values, and none is taken from a value", () => {
    const sql = "select :a";
    expect(statements.of(sql, { a: ":b @claims" })).toEqual({ text: "select $1", values: [":b @claims"] });
    expect(statements.of(sql, { a: null }).values).toEqual([null]);
  });

  it("is refused without one of its values", () => {
    expect(() => statements.of("select :a", {})).toThrow("no value for :a in select :a");
  });

  it("quotes an identifier, whatever is in it", () => {
    expect(quoted('a"; drop table b; --')).toBe('"a""; drop table b; --"');
  });
});
