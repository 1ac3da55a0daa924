import { describe, expect, it } from "vitest";
import { configOf, faultLines } from "./loading.ts";

describe("relations between values", () => {
  it.each([
    [
      "effects: { effectBodyBytesMax: 2000 }\nlimits: { answerBytesMax: 1999 }\nhold: { heldBytesMax: 1024 }",
      "1:32 effects.effectBodyBytesMax | at most 1999, because limits.answerBytesMax is 1999 | 2000 | " +
        "An answer that is recorded whole before it leaves is held in memory.",
    ],
    [
      "hold: { preambleMs: 5000, heldSecondsMax: 4, keepAliveSeconds: 4 }",
      "1:21 hold.preambleMs | at most 4000, because hold.heldSecondsMax is 4 | 5000 | " +
        "Waiting for the first text is part of holding.",
    ],
    [
      "hold: { heldSecondsMax: 14 }",
      "1:25 hold.heldSecondsMax | at least 15, because hold.keepAliveSeconds is 15 | 14 | " +
        "Comments are sent while holding, so this one would never be.",
    ],
    [
      "listen: { host: '10.0.0.1:80' }",
      '1:17 listen.host | an IP address or a host name | "10.0.0.1:80" | The port has its own key, listen.port.',
    ],
    [
      "upstreams: { local: { url: 'http://localhost:8787' } }",
      "1:28 upstreams.local.url | another server: this is the gateway's own address, and each request would go round " +
        'in circles | "http://localhost:8787"',
    ],
    [
      "tools: { self: { url: 'http://127.0.0.1:8787/x' } }",
      "1:23 tools.self.url | another server: this is the gateway's own address, and each request would go round " +
        'in circles | "http://127.0.0.1:8787/x"',
    ],
    [
      "upstreams: { openai: { url: 'https://host/api/v1/' } }",
      "1:29 upstreams.openai.url | https://host/api, without /v1: this upstream serves bare paths, which begin with " +
        '/v1 already | "https://host/api/v1/"',
    ],
    [
      "upstreams: {}\ndefaults: { anthropic: claude }",
      '2:24 defaults.anthropic | null: there are no upstreams | "claude" | ' +
        "Write null to serve no paths that name no upstream.",
    ],
    [
      "tools: { t: { url: 'http://h', idempotencyHeader: Longstop-Run } }",
      '1:51 tools.t.idempotencyHeader | the header in which the tool expects an idempotency key | "longstop-run", ' +
        "which has another meaning",
    ],
  ])("are checked: %s", async (text, line) => {
    expect(await faultLines(text)).toEqual([line]);
  });

  it("let a trusted network listen wider", async () => {
    const { listen } = await configOf("listen: { host: 0.0.0.0, trustedNetwork: true }");
    expect(listen.host).toBe("0.0.0.0");
  });

  it("let an upstream that is no default have /v1 in its URL", async () => {
    const config = await configOf("upstreams: { other: { url: 'https://host/v1' } }");
    expect(config.upstreams).toEqual({ other: { url: "https://host/v1" } });
  });
});
