import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { skipSpaceBytes, skipStringBytes, skipValueBytes, standsAt } from "../../src/wire/json-bytes.ts";
import { anyJsonText } from "./json-arbitrary.ts";

/** What follows a value: whatever it is, the value ends before it. */
const behind = fc.constantFrom("", ",", "]", "}", " 1", "\n", ',"a"');

describe("the end of a value in bytes", () => {
  it("is where the value ends, whatever it is and whatever follows", () => {
    fc.assert(
      fc.property(anyJsonText, behind, (text, rest) => {
        const value = JSON.stringify(JSON.parse(text));
        const bytes = Buffer.from(`[${value}${rest}`);
        expect(skipValueBytes(bytes, 1)).toBe(1 + Buffer.byteLength(value));
      }),
    );
  });

  it.each(['"a', '"a\\"', "[", "[1,2", "{", '{"a":"b}', "[}", '{"a":1]', "", ","])(
    "is nowhere in %s",
    (text) => {
      expect(skipValueBytes(Buffer.from(text), 0)).toBe(-1);
    },
  );

  it("is nowhere where a value nests deeper than any reader follows", () => {
    expect(skipValueBytes(Buffer.from("[".repeat(512) + "]".repeat(512)), 0)).toBe(1024);
    expect(skipValueBytes(Buffer.from("[".repeat(513) + "]".repeat(513)), 0)).toBe(-1);
    expect(skipValueBytes(Buffer.from("[".repeat(20_000)), 0)).toBe(-1);
  });

  it.each([0, 5, 31, 32, 33, 100])(
    "is behind the quotation mark that no backslash escapes, %i bytes on",
    (length) => {
      const pad = "x".repeat(length);
      for (const content of [
        pad,
        `${pad}\\\\`,
        `${pad}\\"`,
        `\\\\\\"${pad}`,
        `"`.replace('"', `\\"${pad}日`),
      ]) {
        const text = `"${content}"`;
        expect(skipStringBytes(Buffer.from(`${text}"`), 0)).toBe(Buffer.byteLength(text));
      }
    },
  );
});

it("white space is what JSON takes for it", () => {
  expect(skipSpaceBytes(Buffer.from(" \t\r\n\u00a0"), 0)).toBe(4);
  expect(skipSpaceBytes(Buffer.from("  "), 0)).toBe(2);
});

describe("bytes that stand somewhere", () => {
  it("are these very bytes, short or long, and never beyond the end", () => {
    const some = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(some, some, some, fc.nat(), (before, own, rest, place) => {
        const bytes = Buffer.concat([before, own, rest]);
        expect(standsAt(bytes, before.length, own)).toBe(true);
        expect(standsAt(bytes, bytes.length - own.length + 1, own)).toBe(false);
        if (own.length === 0) return;
        const other = own.map((byte, at) => (at === place % own.length ? byte ^ 1 : byte));
        expect(standsAt(bytes, before.length, other)).toBe(false);
      }),
    );
  });
});
