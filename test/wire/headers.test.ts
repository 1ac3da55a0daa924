import { describe, expect, it } from "vitest";
import {
  contentLength,
  ContentLengthError,
  flatHeaders,
  headerList,
  headerValue,
  withoutHeaders,
  withoutHopByHop,
} from "../../src/wire/headers.ts";

describe("a list of headers", () => {
  it("goes from the flat form and back with order, spelling and repetitions", () => {
    const flat = ["X-A", "1", "x-b", "2", "X-A", "3"];
    expect(flatHeaders(headerList(flat))).toEqual(flat);
  });

  it("reads repeated headers as one list, whatever the spelling of the name", () => {
    const list = headerList(["Accept", "a", "ACCEPT", "b"]);
    expect(headerValue(list, "accept")).toBe("a, b");
    expect(headerValue(list, "x-none")).toBeUndefined();
  });

  it("takes headers out by name, whatever the spelling", () => {
    const list = headerList(["Host", "a", "X-A", "1"]);
    expect(withoutHeaders(list, ["HOST"])).toEqual([["X-A", "1"]]);
  });

  it("strips what is meant for the next hop, also what Connection names", () => {
    const list = headerList(
      [
        ["Connection", "keep-alive, X-Hop"],
        ["connection", "x-other"],
        ["Keep-Alive", "timeout=5"],
        ["Proxy-Connection", "keep-alive"],
        ["TE", "trailers"],
        ["Trailer", "x"],
        ["Transfer-Encoding", "chunked"],
        ["Upgrade", "websocket"],
        ["Proxy-Authorization", "Basic secret"],
        ["Proxy-Authenticate", "Basic"],
        ["x-hop", "1"],
        ["X-Other", "2"],
        ["Authorization", "Bearer kept"],
      ].flat(),
    );
    expect(withoutHopByHop(list)).toEqual([["Authorization", "Bearer kept"]]);
  });
});

function lengthOf(...values: string[]): number | undefined {
  return contentLength(values.map((value) => ["Content-Length", value] as const));
}

describe("content-length", () => {
  it("is a number of bytes, or absent", () => {
    expect(lengthOf("0")).toBe(0);
    expect(lengthOf("1234")).toBe(1234);
    expect(lengthOf()).toBeUndefined();
  });

  it("may repeat one value", () => {
    expect(lengthOf("5", "5")).toBe(5);
    expect(lengthOf("5, 5")).toBe(5);
  });

  it.each(["", "-1", "+5", "5 6", "0x10", "1e3", "5,6", "99999999999999999999", "٥"])(
    "refuses %j instead of guessing",
    (value) => {
      expect(() => lengthOf(value)).toThrow(ContentLengthError);
    },
  );
});
