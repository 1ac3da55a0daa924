import { afterEach, describe, expect, it } from "vitest";
import { fits } from "../../examples/demo/agent.ts";
import { anthropicCreate } from "../../examples/demo/anthropic-agents.ts";
import { measure, type Measured } from "../../examples/demo/measure.ts";
import { modelPlan } from "../../examples/demo/model-plan.ts";
import { openaiCreate } from "../../examples/demo/openai-agents.ts";
import { brokenPromises, renderTable, things } from "../../examples/demo/table.ts";
import { demoTools } from "../../examples/demo/tools.ts";
import { startProvider, type Provider } from "../../examples/provider/provider.ts";
import { startToolServer, type ToolServer } from "../../examples/tool-server/tool-server.ts";

let provider: Provider | undefined;
let tools: ToolServer | undefined;
afterEach(() => Promise.all([provider?.close(), tools?.close()]));

describe("the demo, without Longstop", () => {
  it.each([
    ["openai", openaiCreate],
    ["anthropic", anthropicCreate],
  ])("counts what went wrong for an agent on %s", async (name, make) => {
    provider = await startProvider(modelPlan);
    tools = await startToolServer();
    const place = { modelsUrl: provider.url, toolsUrl: tools.url, provider, tools };
    const measured = await measure(make, name, place);

    expect(measured).toMatchObject({ wrongCalls: 1, keyedEffects: 0, cuts: 0, refused: 0, formsMax: 1 });
    expect(measured.bareResults).toBe(measured.results);
    expect(measured.charges).toBe(4);
    expect(measured.promptTokensMax).toBeGreaterThan(10_000);
    const row = { agent: name, without: measured, with: measured };
    expect(brokenPromises([row])).toHaveLength(things.length);
  });
});

const kept: Measured = {
  wrongCalls: 0,
  effects: 3,
  keyedEffects: 3,
  distinctKeys: 3,
  results: 20,
  bareResults: 0,
  formsMax: 1,
  promptTokensMax: 5_000,
  cuts: 3,
  requests: 39,
  refused: 0,
  orders: 2,
  charges: 2,
  lost: { status: 400, body: '{"error":{"code":"outcome_unknown"}}', attempts: 1 },
  slow: { status: 201, body: "{}", attempts: 3 },
};

describe("the demo's table", () => {
  it("has a pair of lines for each thing and a column for each agent", () => {
    const text = renderTable([
      { agent: "one", without: { ...kept, wrongCalls: 7 }, with: kept },
      { agent: "another", without: kept, with: kept },
    ]);
    const [head = "", , first = "", second = ""] = text.split("\n");
    expect(head.trim().split(/ {2,}/)).toEqual(["Longstop", "one", "another"]);
    expect(first).toMatch(/wrong tool calls .* without {3}7 .*0$/);
    expect(second).toMatch(/^ +with {6}0 .*0$/);
  });

  it.each<[string, Partial<Measured>]>([
    ["a wrong call that got through", { wrongCalls: 1 }],
    ["a prompt that the provider refused", { refused: 1 }],
    ["an effect without a key", { keyedEffects: 2 }],
    ["two effects under one key", { distinctKeys: 2 }],
    ["a bare result", { bareResults: 1 }],
    ["a frame that changes from turn to turn", { formsMax: 2 }],
    ["a prompt over the budget", { promptTokensMax: 6_001 }],
    ["a cut on every other turn", { cuts: 20 }],
    ["a conversation that was never cut", { cuts: 0 }],
    ["a double charge", { charges: 3 }],
    ["a charge that was never made", { charges: 1 }],
    ["silence about the lost answer", { lost: { status: 201, body: "{}", attempts: 1 } }],
    ["a late answer that never came", { slow: { status: 400, body: "{}", attempts: 3 } }],
  ])("would tell of %s", (_, broken) => {
    expect(brokenPromises([{ agent: "one", without: kept, with: kept }])).toEqual([]);
    expect(brokenPromises([{ agent: "one", without: kept, with: { ...kept, ...broken } }])).toHaveLength(1);
  });

  it("tells a call that fits from one that does not", () => {
    const offered = demoTools("http://127.0.0.1", []);
    const verdicts = [
      { name: "charge", args: { amount: 5, currency: "EUR" } },
      { name: "charge", args: { amount: "5", currency: "EUR" } },
      { name: "charge", args: { amount: 5 } },
      { name: "charge", args: { amount: 5, currency: "EUR", reciever: "Ada" } },
      { name: "charge_card", args: {} },
    ].map((call) => fits(offered, call));
    expect(verdicts).toEqual([true, false, false, false, false]);
  });
});
