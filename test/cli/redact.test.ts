import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hidesNumbers, isSecretName, redactText } from "../../src/cli/redact.ts";
import { plantedSecret } from "./secrets.ts";

describe("redactText", () => {
  it.each([
    ['Authorization: Digest username="a", response="b"', "Authorization: [redacted]"],
    ["cookie: a=1; b=2\nhost: x", "cookie: [redacted]\nhost: x"],
    ['{"x-api-key": "abc", "model": "m"}', '{"x-api-key": "[redacted]", "model": "m"}'],
    ['{\\"client_secret\\":\\"abc\\",\\"a\\":1}', '{\\"client_secret\\":\\"[redacted]",\\"a\\":1}'],
    ["https://h/p?api_key=abc&x=1", "https://h/p?api_key=[redacted]&x=1"],
    ["http://me:pw@host/", "http://[redacted]@host/"],
    ["GET /k/lk_123/run/r/v1", "GET /k/[redacted]/run/r/v1"],
    ["got Bearer abc.def", "got Bearer [redacted]"],
    ["password=hunter2 user=me", "password=[redacted] user=me"],
    ["-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----.", "[redacted]."],
  ])("hides what is secret in %j", (text, clean) => expect(redactText(text)).toBe(clean));

  it.each([
    "the risk-assessment of task-management took 3 s",
    'unknown key: "city"',
    "tokens: 51200 of max_tokens: 4096",
    "author: me, keyboard: us",
    "https://api.openai.com/v1/chat/completions?limit=3",
  ])("leaves alone %j", (text) => expect(redactText(text)).toBe(text));

  it("lets no secret through, wherever in a text it stands", () => {
    fc.assert(
      fc.property(plantedSecret, fc.string(), fc.string(), ({ secret, text }, before, after) => {
        expect(redactText(`${before} ${text} ${after}`)).not.toContain(secret);
      }),
      { numRuns: 1000 },
    );
  });

  // An exponential pattern would not come back before the test's own time limit.
  it.each([
    "sk-",
    "eyJ",
    "://",
    "token",
    "cookie",
    "-----BEGIN A",
    "bearer ",
    "key:\\",
    'secret="',
    "authorization: ",
  ])("comes back from %j, again and again", (piece) => {
    expect(redactText(piece.repeat(2000)).length).toBeGreaterThan(0);
  });
});

describe("names of secrets", () => {
  it.each([
    "authorization",
    "Proxy-Authorization",
    "x-api-key",
    "api-key",
    "Cookie",
    "set-cookie",
    "longstop-key",
    "apiKey",
    "refresh_token",
    "clientSecret",
    "password",
  ])("%s is one", (name) => expect(isSecretName(name)).toBe(true));
  it.each(["model", "author", ":authority", "run", "requestId", "host"])("%s is none", (name) =>
    expect(isSecretName(name)).toBe(false),
  );

  it("hide numbers only where they are no counts", () => {
    expect(["pinToken", "apiKey", "token"].every(hidesNumbers)).toBe(true);
    expect(["inputTokens", "tokenRatio", "keyAgeMs", "tokensMax"].some(hidesNumbers)).toBe(false);
  });
});
