import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readMultipart } from "../../src/wire/multipart.ts";

const read = (text: string, boundary = "b"): (readonly [string, string])[] | null =>
  readMultipart(Buffer.from(text, "latin1"), boundary)?.map(({ headers, body }) => [
    headers,
    Buffer.from(body).toString("latin1"),
  ]) ?? null;

describe("a multipart body", () => {
  it("is its parts, each with its header lines and its bytes", () => {
    const text =
      '--b\r\nContent-Disposition: form-data; name="a"\r\nX: 1\r\n\r\none\r\ntwo\r\n--b\r\n\r\n\r\n--b--\r\n';
    expect(read(text)).toEqual([
      ['Content-Disposition: form-data; name="a"\r\nX: 1', "one\r\ntwo"],
      ["", ""],
    ]);
  });

  it("may have a boundary that is quoted for its spaces, and end without a line break", () => {
    expect(read("--a b\r\n\r\nx\r\n--a b--", "a b")).toEqual([["", "x"]]);
  });

  it.each([
    ["a cut one", "--b\r\n\r\nx"],
    ["one without its last delimiter", "--b\r\n\r\nx\r\n--b\r\n"],
    ["one with a preamble", "hello\r\n--b\r\n\r\nx\r\n--b--\r\n"],
    ["one with an epilogue", "--b\r\n\r\nx\r\n--b--\r\nbye"],
    ["one with a padded delimiter", "--b \r\n\r\nx\r\n--b--\r\n"],
    ["one with a line that only begins like a delimiter", "--b\r\n\r\nx\r\n--bb\r\n--b--\r\n"],
    ["a part whose headers do not end", "--b\r\nX: 1\r\nx\r\n--b--\r\n"],
    ["one with line feeds alone", "--b\n\nx\n--b--\n"],
    ["one of another boundary", "--c\r\n\r\nx\r\n--c--\r\n"],
    ["nothing", ""],
  ])("is not %s: parsers differ in what they make of it", (_which, text) => {
    expect(read(text)).toBeNull();
  });

  it.each(["", "a ", "x".repeat(71), "ü"])("has no boundary like %j", (boundary) => {
    expect(read(`--${boundary}\r\n\r\nx\r\n--${boundary}--`, boundary)).toBeNull();
  });

  it("has no more parts than anybody sends", () => {
    const body = (count: number): string => `${"--b\r\n\r\nx\r\n".repeat(count)}--b--`;
    expect(read(body(10_000))).toHaveLength(10_000);
    expect(read(body(10_001))).toBeNull();
  });

  it("gives back what was put in, whatever the bytes are, under any boundary that is not in them", () => {
    const part = fc.record({
      headers: fc.stringMatching(/^(?:X-[a-z]{1,5}: [ -~]{0,9})?$/),
      body: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const boundary = "-----x9f0e";
        const pieces = parts.flatMap(({ headers, body }) => [
          Buffer.from(`--${boundary}\r\n${headers}${headers === "" ? "" : "\r\n"}\r\n`),
          body,
          Buffer.from("\r\n"),
        ]);
        const bytes = Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
        expect(
          readMultipart(bytes, boundary)?.map(({ headers, body }) => [headers, Buffer.from(body)]),
        ).toEqual(parts.map(({ headers, body }) => [headers, Buffer.from(body)]));
        for (const cut of [1, 3, 7, 15]) {
          expect(readMultipart(bytes.subarray(0, bytes.length - cut), boundary)).toBeNull();
        }
      }),
    );
  });
});
