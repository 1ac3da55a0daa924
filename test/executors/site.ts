import { startGateway } from "../../examples/demo/gateway-process.ts";
import { startProvider } from "../../examples/provider/provider.ts";
import { startToolServer, type ToolServer } from "../../examples/tool-server/tool-server.ts";
import type { Executor } from "./executor.ts";
import { stubbornModel } from "./model.ts";
import type { Situation } from "./situations.ts";

/**
 * `without` Longstop; with its base `URL` and nothing else; or `named`: under a run and an attempt, the tool
 * declared irreversible.
 */
export const columns = ["without", "URL", "named"] as const;
export type Column = (typeof columns)[number];

/** One executor in one situation, with or without Longstop. */
export interface Cell {
  readonly executor: Executor;
  readonly situation: Situation;
  readonly column: Column;
}

/** Where a cell happens: a tool server of its own, and the way to it. */
export interface Stage extends Cell {
  readonly name: string;
  readonly tools: ToolServer;
  urls(attempt: string): { readonly modelsUrl: string; readonly toolUrl: string };
}

export interface Site {
  readonly stages: readonly Stage[];
  close(): Promise<void>;
}

/** One model server, one gateway in a process of its own, and a tool server for each cell. */
export async function openSite(cells: readonly Cell[]): Promise<Site> {
  const provider = await startProvider(stubbornModel);
  const placed = await Promise.all(
    cells.map(async (cell, index) => {
      const tools = await startToolServer({ mode: cell.executor.keyed ? "keyed" : "dumb" });
      tools.behave(cell.situation.behaviour);
      return { ...cell, name: `order-${index}`, tools };
    }),
  );
  const gateway = await startGateway({
    upstreams: { openai: { url: provider.url }, anthropic: { url: provider.url } },
    tools: Object.fromEntries(
      placed.map(({ name, tools, executor, column }) => [
        name,
        {
          url: tools.url,
          // As Stripe says of its keys: https://docs.stripe.com/api/idempotent_requests
          ...(executor.keyed ? { keyed: true, keyRetentionSeconds: 86_400 } : {}),
          effect: column === "named" ? "irreversible" : "by-method",
        },
      ]),
    ),
  });
  return {
    stages: placed.map((cell) => ({
      ...cell,
      urls(attempt) {
        if (cell.column === "without") return { modelsUrl: provider.url, toolUrl: cell.tools.url };
        const run = cell.column === "named" ? `/run/${cell.name}/attempt/${attempt}` : "";
        const modelsUrl = `${gateway.url}${run}`;
        return {
          modelsUrl,
          toolUrl: cell.situation.past ? cell.tools.url : `${modelsUrl}/tools/${cell.name}`,
        };
      },
    })),
    async close() {
      await gateway.stop();
      await Promise.all([provider.close(), ...placed.map(({ tools }) => tools.close())]);
    },
  };
}
