import { afterEach, describe, expect, it } from "vitest";
import { startToolServer, type ToolServer } from "../../examples/tool-server/tool-server.ts";
import { stripeAt } from "./stripe.ts";

let tools: ToolServer;
afterEach(() => tools.close());

async function keysOf(calls: number, ...behaviours: readonly string[]): Promise<readonly string[]> {
  tools = await startToolServer();
  tools.behave(...behaviours);
  const place = {
    modelsUrl: "",
    toolUrl: tools.url,
    order: "order-1",
    timeoutMs: 30_000,
    hear: () => undefined,
  };
  for (let call = 0; call < calls; call++) {
    await stripeAt(place).charges.create({ amount: 500, currency: "eur", source: "tok_visa" });
  }
  return tools.requests.map(({ headers }) => headers["idempotency-key"] ?? "none");
}

describe("the idempotency key of stripe-node", () => {
  it("is the same over the SDK's own attempts", async () => {
    const keys = await keysOf(1, "effect-then-drop", "effect-then-500");
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^stripe-node-retry-[\da-f-]{36}$/);
  });

  it("is another one when an agent calls again for the same thing", async () => {
    const [first, second] = await keysOf(2);
    expect(second).toMatch(/^stripe-node-retry-/);
    expect(second).not.toBe(first);
  });
});
