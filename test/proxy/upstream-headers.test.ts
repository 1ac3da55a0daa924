import { describe, expect, it } from "vitest";
import { answerHeaders, headerOf, pairs, requestHeaders } from "../../src/proxy/upstream-headers.ts";

const credentials = ["Authorization", "Bearer x", "X-Api-Key", "y"];

describe("headers on their way upstream", () => {
  it("keep order, spelling and repetition", () => {
    const raw = ["X-B", "1", "x-a", "2", "X-B", "3", ...credentials];
    expect(requestHeaders(raw, "as-it-came", false)).toEqual(raw);
  });

  it.each([
    ["Connection", "keep-alive"],
    ["Keep-Alive", "timeout=5"],
    ["Proxy-Authorization", "Basic x"],
    ["TE", "trailers"],
    ["Transfer-Encoding", "chunked"],
    ["Upgrade", "h2c"],
    ["Host", "127.0.0.1:8787"],
    ["Expect", "100-continue"],
    ["Longstop-Run", "r"],
    ["longstop-anything", "x"],
  ])("leave out %s", (name, value) => {
    expect(requestHeaders([name, value, ...credentials], "as-it-came", false)).toEqual(credentials);
  });

  it("leave out whatever any Connection header names", () => {
    const raw = [
      "Connection",
      "close, X-Hop",
      "x-hop",
      "1",
      "Keep",
      "2",
      "connection",
      "X-Other",
      "X-Other",
      "3",
    ];
    expect(requestHeaders(raw, "as-it-came", false)).toEqual(["Keep", "2"]);
  });

  it("have no length and no coding where the body is given anew", () => {
    const raw = ["Content-Length", "5", "Content-Encoding", "gzip", "Content-Type", "application/json"];
    expect(requestHeaders(raw, "as-it-came", false)).toEqual(raw);
    expect(requestHeaders(raw, "whole", false)).toEqual(["Content-Type", "application/json"]);
  });

  it("ask for no coding only where the answer will be looked at", () => {
    const raw = ["Accept-Encoding", "gzip, br", "accept-encoding", "zstd"];
    expect(requestHeaders(raw, "whole", false)).toEqual(raw);
    expect(requestHeaders(raw, "whole", true)).toEqual(["accept-encoding", "identity"]);
  });
});

describe("headers of an answer", () => {
  it("reach the client without those of the upstream's connection", () => {
    const raw = [
      "Content-Type",
      "text/plain",
      "Connection",
      "x-hop",
      "X-Hop",
      "1",
      "Transfer-Encoding",
      "chunked",
    ];
    expect(answerHeaders(raw, "as-it-came")).toEqual(["Content-Type", "text/plain"]);
  });

  it("are never ours: only this gateway says what it did", () => {
    const raw = ["Longstop-Operation", "another", "longstop-interventions", "{}", "X-Request-Id", "1"];
    expect(answerHeaders(raw, "as-it-came")).toEqual(["X-Request-Id", "1"]);
    expect(answerHeaders(raw, "whole")).toEqual(["X-Request-Id", "1"]);
  });

  it("keep every Set-Cookie, and the length only of the same bytes", () => {
    const raw = ["Set-Cookie", "a=1", "Set-Cookie", "b=2", "Content-Length", "3"];
    expect(answerHeaders(raw, "as-it-came")).toEqual(raw);
    expect(answerHeaders(raw, "whole")).toEqual(raw.slice(0, 4));
  });
});

describe("a raw list", () => {
  it("is read as pairs, and by name in any spelling", () => {
    const raw = ["A", "1", "content-TYPE", "x", "Content-Type", "y"];
    expect([...pairs(raw)]).toEqual([
      ["A", "1"],
      ["content-TYPE", "x"],
      ["Content-Type", "y"],
    ]);
    expect(headerOf(raw, "content-type")).toBe("x");
    expect(headerOf(raw, "missing")).toBeUndefined();
  });
});
