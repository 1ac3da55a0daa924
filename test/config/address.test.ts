import { describe, expect, it } from "vitest";
import { hostProblem, isLoopback, isOwnAddress, urlProblems } from "../../src/config/address.ts";

describe("isLoopback", () => {
  it.each([
    "127.0.0.1",
    "127.255.0.9",
    "::1",
    "0:0:0:0:0:0:0:1",
    "[::1]",
    "::ffff:127.0.0.1",
    "::1%lo",
    "localhost",
    "LOCALHOST.",
    "app.localhost",
  ])("is true of %s", (host) => expect(isLoopback(host)).toBe(true));

  it.each([
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "::ffff:10.0.0.1",
    "fe80::1",
    "localhost.example.com",
    "127.0.0.1.example",
    "128.0.0.1",
  ])("is false of %s", (host) => expect(isLoopback(host)).toBe(false));
});

describe("hostProblem", () => {
  it.each(["127.0.0.1", "::", "fe80::1%eth0", "my-host.internal", "a_b"])("takes %s", (host) =>
    expect(hostProblem(host)).toBeUndefined(),
  );

  it.each([
    ["http://127.0.0.1", "Write the host alone, without http://."],
    ["[::1]", "Write an IPv6 address without brackets."],
    ["127.0.0.1:80", "The port has its own key, listen.port."],
    ["*", "All addresses are 0.0.0.0 (IPv4) or :: (IPv6)."],
    ["127.0.0", "This is neither an IP address nor a host name."],
    ["my host", "This is neither an IP address nor a host name."],
    ["-a", "This is neither an IP address nor a host name."],
  ])("says what is wrong with %s", (host, problem) => expect(hostProblem(host)).toBe(problem));
});

describe("urlProblems", () => {
  it.each(["http://h", "https://h:1/base/", "http://[::1]:8000", "HTTP://h/a%20b"])("takes %s", (url) =>
    expect(urlProblems(url)).toEqual([]),
  );

  it.each([
    ["api.openai.com", ["a URL that begins with http:// or https://"]],
    ["localhost:8000", ["a URL that begins with http:// or https://"]],
    ["file:///etc/passwd", ["a URL that begins with http:// or https://"]],
    ["http://", ["an http or https URL"]],
    ["https://u@h", ["a URL without credentials: clients send their own"]],
    ["https://h/?", ["a URL without a query"]],
    ["https://h/#", ["a URL without a fragment"]],
    ["https://h/a b", ["a URL without spaces or backslashes"]],
    [
      "https://:p@h?a#b",
      [
        "a URL without credentials: clients send their own",
        "a URL without a query",
        "a URL without a fragment",
      ],
    ],
  ])("refuses %s", (url, problems) => expect(urlProblems(url)).toEqual(problems));
});

describe("isOwnAddress", () => {
  it.each([
    ["http://127.0.0.1:8787", "127.0.0.1", 8787, true],
    ["http://localhost:8787/v1", "127.0.0.1", 8787, true],
    ["http://[::1]:8787", "0.0.0.0", 8787, true],
    ["http://Gate:80", "gate", 80, true],
    ["https://gate", "gate", 443, true],
    ["http://127.0.0.1:8788", "127.0.0.1", 8787, false],
    ["http://10.0.0.1:8787", "127.0.0.1", 8787, false],
    ["http://127.0.0.1:8787", "127.0.0.1", 0, false],
  ])("of %s, listening on %s %i: %s", (url, host, port, own) => {
    expect(isOwnAddress(new URL(url), host, port)).toBe(own);
  });
});
