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
    [
      "POST /v1beta/models/m:generateContent?key=AQ.x&alt=sse",
      "POST /v1beta/models/m:generateContent?key=[redacted]&alt=sse",
    ],
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

  // Put together here, so that nobody who searches the repository for leaked keys finds one.
  it.each([
    ["OpenAI", "sk-", "proj-", 40],
    ["Anthropic", "sk-", "ant-api03-", 40],
    ["Stripe", "sk_", "live_", 24],
    ["Stripe's webhooks", "wh", "sec_", 32],
    ["GitHub", "gh", "p_", 36],
    ["GitHub, fine-grained", "github_", "pat_", 40],
    ["GitLab", "gl", "pat-", 20],
    ["Slack", "xo", "xb-", 24],
    ["Slack's apps", "xa", "pp-", 24],
    ["AWS", "AK", "IA", 16],
    ["Google", "AI", "za", 35],
    ["Hugging Face", "h", "f_", 34],
    ["Groq", "g", "sk_", 40],
    ["npm", "n", "pm_", 36],
    ["xAI", "x", "ai-", 40],
  ])("knows a key of %s by its look", (_vendor, start, rest, length) => {
    const key = start + rest + "A1B2C3D4E5".repeat(5).slice(0, length);
    expect(redactText(`calling with ${key} failed`)).toBe("calling with [redacted] failed");
  });

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
