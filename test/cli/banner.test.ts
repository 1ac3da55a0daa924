import { describe, expect, it } from "vitest";
import { startBanner } from "../../src/cli/banner.ts";
import { dutiesOf } from "../../src/config/duties.ts";
import { configOf } from "../config/loading.ts";
import { outgoingProxies } from "../../src/config/outgoing-proxy.ts";
import { testSockets } from "../config/sockets.ts";

describe("startBanner", () => {
  it("says where it listens, what it serves, and what is on", async () => {
    const text =
      "tools: { mail: { url: 'http://localhost:9' } }\nposts: [{ guard: tool-schema }, { guard: tool-schema, mode: report }]";
    expect(await banner(text, { host: "127.0.0.1", port: 40_123 }))
      .toBe(`Longstop 1.2.3 listens on http://127.0.0.1:40123
  configuration  defaults (no file)
  upstream       openai https://api.openai.com (serves /v1/*)
  upstream       anthropic https://api.anthropic.com (serves /v1/messages)
  upstream       gemini https://generativelanguage.googleapis.com (serves /v1beta/*)
  tool           mail http://localhost:9
  ledger         sqlite data/longstop.db
  effects        enforce
  offer          tool-schema (enforce), then tool-schema (report)
  call           tool-schema (enforce), then tool-schema (report)
  result         nobody: bytes pass
  prompt         nobody: bytes pass
  reply          nobody: bytes pass
`);
  });

  it("says that turns are on where they are", async () => {
    const shown = await banner("turns: { mode: report }", { host: "127.0.0.1", port: 1 });
    expect(shown).toContain("\n  turns          report\n");
  });

  it("says where the operator's port is, where there is one", async () => {
    const shown = await banner("", { host: "127.0.0.1", port: 1 }, null, {}, "http://127.0.0.1:4141");
    expect(shown).toContain("\n  operator       http://127.0.0.1:4141\n");
  });

  it("names the tenants, and the file that is watched", async () => {
    const text = `tenancy: keys\nkeys: { acme: { keys: [{ env: A }] }, beta: { keys: [{ env: B }] } }`;
    const shown = await banner(text, { host: "127.0.0.1", port: 1 }, "my.yaml");
    expect(shown).toContain("\n  configuration  defaults (no file), my.yaml is watched\n");
    expect(shown).toContain("\n  tenants        acme, beta\n");
  });

  it("names the proxy on the way to an upstream, without its password", async () => {
    const shown = await banner(
      "upstreams: { far: { url: 'https://far.test' } }",
      { host: "::1", port: 1 },
      null,
      {
        HTTPS_PROXY: "http://me:hunter22@proxy.test:3128",
      },
    );
    expect(shown).toContain("far https://far.test, through the proxy http://proxy.test:3128 (HTTPS_PROXY)\n");
    expect(shown).not.toContain("hunter22");
  });

  it("warns of what is dangerous, with the real port", async () => {
    const text = "listen: { host: 0.0.0.0, port: 0, trustedNetwork: true }";
    expect(await banner(text, { host: "0.0.0.0", port: 40_124 })).toContain(
      "\n  warning: Everyone who can reach http://0.0.0.0:40124 may use it and the tools behind it (listen.trustedNetwork).\n",
    );
  });
});

async function banner(
  text: string,
  address: { readonly host: string; readonly port: number },
  watch: string | null = null,
  environment: Readonly<Record<string, string>> = {},
  adminUrl: string | null = null,
): Promise<string> {
  const config = await configOf(text);
  const duties = await dutiesOf(config.posts, testSockets.guards);
  return startBanner({
    version: "1.2.3",
    address,
    adminUrl,
    config,
    proxies: outgoingProxies(config, environment).proxies,
    duties,
    file: null,
    watch,
    nowMs: Date.UTC(2026, 9, 21),
  });
}
