import { startProvider } from "../provider/provider.ts";
import { startToolServer } from "../tool-server/tool-server.ts";
import type { MakeAgent } from "./agent.ts";
import { anthropicCreate, anthropicRunner } from "./anthropic-agents.ts";
import { startGateway } from "./gateway-process.ts";
import { langchainAnthropic, langchainOpenai } from "./langchain-agents.ts";
import { measure, type Measured } from "./measure.ts";
import { modelPlan } from "./model-plan.ts";
import { openaiCreate, openaiRunner } from "./openai-agents.ts";
import { brokenPromises, budgetTokens, renderTable, type Row } from "./table.ts";

// The same agents, on real SDKs, first without Longstop and then with their base URL pointed at it.
// Every number is counted at the model server, at the tool server, or in the agent's own code.

const agents: Readonly<Record<string, MakeAgent>> = {
  "openai create": openaiCreate,
  "openai runTools": openaiRunner,
  "anthropic create": anthropicCreate,
  "anthropic toolRunner": anthropicRunner,
  "LangChain openai": langchainOpenai,
  "LangChain anthropic": langchainAnthropic,
};

type Measurements = Record<string, Measured>;

async function withoutGateway(): Promise<Measurements> {
  const provider = await startProvider(modelPlan);
  const tools = await startToolServer();
  try {
    return await measureAll({ modelsUrl: provider.url, toolsUrl: tools.url, provider, tools });
  } finally {
    await Promise.all([provider.close(), tools.close()]);
  }
}

async function withGateway(): Promise<Measurements> {
  const provider = await startProvider(modelPlan);
  const tools = await startToolServer();
  const gateway = await startGateway({
    upstreams: { openai: { url: provider.url }, anthropic: { url: provider.url } },
    tools: { shop: { url: tools.url } },
    posts: [
      { guard: "tool-schema", mode: "enforce", onError: "block" },
      { guard: "quarantine", mode: "enforce", onError: "block" },
      { guard: "budget", mode: "enforce", onError: "pass", tokensMax: budgetTokens },
    ],
  });
  try {
    return await measureAll({
      modelsUrl: gateway.url,
      toolsUrl: `${gateway.url}/tools/shop`,
      provider,
      tools,
    });
  } catch (cause) {
    throw new Error(`The agents failed behind the gateway, which said:\n${gateway.log()}`, { cause });
  } finally {
    await gateway.stop();
    await Promise.all([provider.close(), tools.close()]);
  }
}

async function measureAll(place: Parameters<typeof measure>[2]): Promise<Measurements> {
  const measured: Measurements = {};
  for (const [name, make] of Object.entries(agents)) {
    measured[name] = await measure(make, name.replaceAll(" ", "-"), place);
  }
  return measured;
}

const [without, guarded] = await Promise.all([withoutGateway(), withGateway()]);
const rows: Row[] = Object.keys(agents).flatMap((agent) => {
  const [before, after] = [without[agent], guarded[agent]];
  return before === undefined || after === undefined ? [] : [{ agent, without: before, with: after }];
});
console.log(renderTable(rows));
const broken = brokenPromises(rows);
console.log(broken.length === 0 ? "\nEvery promise was kept." : `\nNot as promised:\n${broken.join("\n")}`);
process.exitCode = broken.length === 0 && rows.length === Object.keys(agents).length ? 0 : 1;
