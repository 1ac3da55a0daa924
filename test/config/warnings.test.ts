import { describe, expect, it } from "vitest";
import { warningsOf } from "../../src/config/warnings.ts";
import { configOf } from "./loading.ts";

const now = Date.UTC(2026, 9, 21);

describe("warnings", () => {
  it("are none for the defaults", async () => expect(warningsOf(await configOf(""), now)).toEqual([]));

  it("say what is allowed and dangerous", async () => {
    const config = await configOf(
      [
        "listen: { host: '::', trustedNetwork: true }",
        "upstreams: { near: { url: 'http://localhost:1' }, far: { url: 'http://10.0.0.9:1' } }",
        "tools: { mail: { url: 'http://mail' } }",
        "posts: [{ guard: budget, mode: off }]",
        "effects: { mode: report }",
      ].join("\n"),
    );
    expect(warningsOf(config, now)).toEqual([
      "Everyone who can reach http://[::]:8787 may use it and the tools behind it (listen.trustedNetwork).",
      "upstreams.far sends everything, credentials too, unencrypted to 10.0.0.9:1.",
      "tools.mail sends everything, credentials too, unencrypted to mail.",
      "No guard is on duty: nothing is judged.",
      "effects.mode is report: a retried tool call runs twice.",
    ]);
  });

  it("say where decisions are to be carried out and no turn is recorded", async () => {
    const tools =
      "tools: { pay: { url: 'http://localhost', decisions: [{ tool: a, path: /a, arguments: {} }] } }";
    expect(warningsOf(await configOf(tools), now)).toEqual([
      "tools.pay.decisions has no effect: no turn is recorded (turns.mode: off).",
    ]);
    expect(warningsOf(await configOf(`${tools}\nturns: { mode: enforce }`), now)).toEqual([]);
  });

  it("say that keys need TLS before them, and which tenants no key lets in any more", async () => {
    const config = await configOf(
      [
        "listen: { host: 0.0.0.0 }",
        "tenancy: keys",
        "keys:",
        "  old: { keys: [{ env: A, expires: 2026-10-20 }, { env: B, disabled: true }] }",
        "  new: { keys: [{ env: C, expires: 2026-10-20 }, { env: D }] }",
      ].join("\n"),
    );
    expect(warningsOf(config, now)).toEqual([
      "Keys come to http://0.0.0.0:8787 unencrypted, unless something before it ends TLS (RFC 8446).",
      "Every key of the tenant old is expired or disabled.",
    ]);
  });

  it("say that strangers would spend the gateway's own credentials", async () => {
    const config = await configOf(
      "listen: { host: 0.0.0.0, trustedNetwork: true }\nupstreams: { a: { url: 'https://a', apiKey: { env: A } } }",
    );
    expect(warningsOf(config, now)).toEqual([
      expect.stringContaining("with the credentials of this gateway"),
    ]);
  });
});
