import { describe, expect, it } from "vitest";
import { dutiesOf } from "../../src/config/duties.ts";
import { gainsOf } from "../../src/config/gains.ts";
import { configOf } from "./loading.ts";
import { testSockets } from "./sockets.ts";

describe("gainsOf", () => {
  it("promises nothing about tools where there are none, or where their effects are only reported", async () => {
    for (const text of ["", "tools: { t: { url: 'http://h' } }\neffects: { mode: report }"]) {
      const lines = await gains(text);
      expect(lines.join("\n")).not.toMatch(/idempotency|recorded answer/);
      expect(
        lines.filter((line) => line === "  nothing more here: effects of tools are not enforced"),
      ).toHaveLength(2);
    }
  });

  it("speaks of a second dispatch only where one of the tools, or of its rules, has it", async () => {
    const second =
      "  but for tools where that cannot have a second effect: there the next equal call is sent";
    expect(await gains("tools: { t: { url: 'http://h', keyed: true } }")).not.toContain(second);
    expect(await gains("tools: { t: { url: 'http://h', keyed: true, keyRetentionSeconds: 900 } }")).toContain(
      second,
    );
    const rule = "tools: { t: { url: 'http://h', rules: [{ path: /a, idempotent: true }] } }";
    expect(await gains(rule)).toContain(second);
    expect(await gains("tools: { t: { url: 'https://api.stripe.com' } }")).toContain(second);
    expect(await gains("tools: { t: { url: 'https://api.stripe.com', keyed: false } }")).not.toContain(
      second,
    );
  });

  it("speaks of decisions only where calls are mapped, turns recorded and effects enforced", async () => {
    const mapped = "tools: { pay: { url: 'http://h', decisions: [{ tool: a, path: /a, arguments: {} }] } }";
    const plane = "+ both planes through Longstop under that run";
    expect((await gains(`${mapped}\nturns: { mode: enforce }`)).slice(-2)).toEqual([
      plane,
      "  mapped calls of pay are executed as often as the model decided on them, and no more",
    ]);
    expect(await gains(mapped)).not.toContain(plane);
    expect(await gains(`${mapped}\nturns: { mode: enforce }\neffects: { mode: report }`)).not.toContain(
      plane,
    );
  });

  it("does not promise repair of calls that are only looked at", async () => {
    const lines = await gains("posts: [{ guard: tool-schema, mode: report }]");
    expect(lines).toContain("  calls are looked at and reported by tool-schema");
    expect(lines.join("\n")).not.toContain("repaired");
  });

  it("names several guards in the order in which they judge", async () => {
    expect(await gains("posts: [{ guard: tool-schema, nulls: strip }, { guard: tool-schema }]")).toContain(
      "  calls are judged by tool-schema, then tool-schema",
    );
  });
});

async function gains(text: string): Promise<readonly string[]> {
  const config = await configOf(text);
  return gainsOf(config, await dutiesOf(config.posts, testSockets.guards));
}
