import { describe, expect, it } from "vitest";
import { numberedRequests, requestBytes } from "../../../bench/load/request-bytes.ts";

describe("a request as bytes", () => {
  it("has the subject's headers, its body's length, and ends with the body", () => {
    const text = requestBytes(8787, { "x-portkey-provider": "openai" }, Buffer.from('{"a":"é"}')).toString();
    expect(text).toMatch(/^POST \/v1\/chat\/completions HTTP\/1\.1\r\nhost: 127\.0\.0\.1:8787\r\n/);
    expect(text).toContain("\r\nx-portkey-provider: openai\r\n");
    expect(text).toMatch(/\r\ncontent-length: 10\r\n\r\n\{"a":"é"\}$/);
  });
});

describe("requests that are numbered", () => {
  it("differ where a header says so, and in nothing else", () => {
    const body = Buffer.from('{"n":"{n}"}');
    const named = numberedRequests(1, { "longstop-run": "run-{n}" }, body);
    const plain = requestBytes(1, { "longstop-run": "run-7" }, body).toString();
    expect(named("7").toString()).toBe(plain);
    expect(named("8").toString()).toBe(plain.replace("run-7", "run-8"));
  });

  it("are the very same bytes where none does", () => {
    const named = numberedRequests(1, {}, Buffer.from("{n}"));
    expect(named("1")).toBe(named("2"));
  });
});
