import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runWrk } from "../../../bench/phases/wrk.ts";
import { isInstalled } from "../../../bench/requirements.ts";
import { startToolServer } from "../../../examples/tool-server/tool-server.ts";

describe.runIf(isInstalled("wrk") && isInstalled("taskset"))("the load of effects", () => {
  it("never posts the same twice, over all of its connections", async () => {
    const tools = await startToolServer();
    const report = await runWrk({
      script: join(import.meta.dirname, "../../../bench/load/effects.lua"),
      url: `${tools.url}/charges`,
      args: ["one"],
      connections: 8,
      seconds: 1,
    });
    const bodies = tools.effects.map(({ body }) => body);
    await tools.close();
    expect(report).toMatchObject({ errors: 0 });
    expect(bodies.length).toBeGreaterThanOrEqual(report.requests);
    expect(new Set(bodies).size).toBe(bodies.length);
    expect(JSON.parse(bodies[0] ?? "")).toMatchObject({
      operation: expect.stringMatching(/^one-\d+$/) as string,
      customer: "c1",
    });
  });
});
