import { describe, expect, it } from "vitest";
import { requestBytes } from "../../../bench/load/request-bytes.ts";

describe("a request as bytes", () => {
  it("has the subject's headers, its body's length, and ends with the body", () => {
    const text = requestBytes(8787, { "x-portkey-provider": "openai" }, Buffer.from('{"a":"é"}')).toString();
    expect(text).toMatch(/^POST \/v1\/chat\/completions HTTP\/1\.1\r\nhost: 127\.0\.0\.1:8787\r\n/);
    expect(text).toContain("\r\nx-portkey-provider: openai\r\n");
    expect(text).toMatch(/\r\ncontent-length: 10\r\n\r\n\{"a":"é"\}$/);
  });
});
