import { describe, expect, it } from "vitest";
import { warningsOf } from "../../src/config/warnings.ts";
import { configOf } from "./loading.ts";

describe("warnings", () => {
  it("are none for the defaults", async () => expect(warningsOf(await configOf(""))).toEqual([]));

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
    expect(warningsOf(config)).toEqual([
      "Everyone who can reach http://[::]:8787 may use it and the tools behind it (listen.trustedNetwork).",
      "upstreams.far sends everything, credentials too, unencrypted to 10.0.0.9:1.",
      "tools.mail sends everything, credentials too, unencrypted to mail.",
      "No guard is on duty: nothing is judged.",
      "effects.mode is report: a retried tool call runs twice.",
    ]);
  });
});
