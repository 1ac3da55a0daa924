import { describe, expect, it } from "vitest";
import { sealOf } from "../../../../src/proxy/effects/injection/seals.ts";

describe("a request that its client vouches for", () => {
  it.each([
    ["Content-Digest", "sha-256=:X48E9q==:"],
    ["content-md5", "Q2hlY2sgSW50ZWdyaXR5IQ=="],
    ["Signature-Input", 'sig1=("@method")'],
    ["Tl-Signature", "eyJ..abc"],
    ["Authorization", "AWS4-HMAC-SHA256 Credential=…"],
    ["authorization", 'OAuth oauth_consumer_key="a"'],
    ["Authorization", 'Signature keyId="a"'],
  ])("is known by %s: %s", (name, value) => {
    expect(sealOf(["Accept", "*/*", name, value])).toBe(name);
  });

  it("is none with a bearer token, and none without headers", () => {
    expect(sealOf(["Authorization", "Bearer oauth signature", "Digestive", "x"])).toBeNull();
    expect(sealOf([])).toBeNull();
  });
});
