import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { startGateway, type GatewayProcess } from "../demo/gateway-process.ts";
import { startProvider, type Provider } from "../provider/provider.ts";
import { startToolServer, type ToolServer } from "../tool-server/tool-server.ts";
import { runAgent, type Attempt, type AttemptKind } from "./attempts.ts";
import { crashPlan, steps } from "./plan.ts";
import type { Seen } from "./table.ts";

/** Who is killed, and how the gateway learns of the second attempt. */
export interface Scenario {
  readonly killed: "agent" | "gateway";
  readonly kind: AttemptKind;
}

/** Where the gateway is killed its agent is too, and both begin anew. */
export const scenarios: readonly Scenario[] = [
  { killed: "agent", kind: "longstop run" },
  { killed: "gateway", kind: "named" },
  { killed: "agent", kind: "detected" },
  { killed: "gateway", kind: "detected" },
];

/** A scenario behind one step, from 1. */
type Wanted = Scenario & { readonly step: number };

export type Cell = Wanted & { readonly seen: Seen };

/** What a run that nobody interrupts comes to, and all the others. */
export interface Played {
  readonly whole: Seen;
  readonly cells: readonly Cell[];
}

/** Runs for which a gateway is killed once: each of them is behind another step. */
const perKill = 5;

/** How long what an agent was told may take to be on the gateway's disk, ms. */
const recordedWithinMs = 20_000;

/** A model and a tool for all gateways, which count what reaches them. */
class Crashes {
  readonly #provider: Provider;
  readonly #tools: ToolServer;
  readonly #gateways: GatewayProcess[] = [];

  private constructor(provider: Provider, tools: ToolServer) {
    this.#provider = provider;
    this.#tools = tools;
  }

  static async make(): Promise<Crashes> {
    return new Crashes(await startProvider(crashPlan), await startToolServer());
  }

  async startGateway(folder?: string): Promise<GatewayProcess> {
    const config = {
      upstreams: { openai: { url: this.#provider.url } },
      tools: { shop: { url: this.#tools.url } },
      posts: [{ guard: "tool-schema" }],
      turns: { mode: "enforce" },
      run: { detectedAttempts: "enforce" },
    };
    const gateway = await startGateway(config, folder);
    this.#gateways.push(gateway);
    return gateway;
  }

  async close(): Promise<void> {
    await Promise.all(this.#gateways.map((gateway) => gateway.stop()));
    await Promise.all([this.#provider.close(), this.#tools.close()]);
  }

  /** An agent that nobody kills. */
  async whole(gateway: GatewayProcess): Promise<Seen> {
    const run = "whole";
    const place = { gateway: gateway.url, run, kind: "named", start: 1, crashAfter: null } as const;
    return this.#seen(run, await runAgent(place), null);
  }

  /** The agent is killed behind a step, and begun again. */
  async agentKilled(gateway: GatewayProcess, kind: AttemptKind, step: number): Promise<Seen> {
    const run = nameOf({ killed: "agent", kind }, step);
    const first = await runAgent({ gateway: gateway.url, run, kind, start: 1, crashAfter: step });
    const again = await runAgent({ gateway: gateway.url, run, kind, start: 2, crashAfter: null });
    return this.#seen(run, again, first);
  }

  /**
   * The same of several agents, each behind a step of its own, and when all of them are dead the gateway is
   * killed and begun again. Gives it as it is now.
   */
  async bothKilled(
    gateway: GatewayProcess,
    wanted: readonly Wanted[],
    atOnce: number,
  ): Promise<{ readonly now: GatewayProcess; readonly cells: readonly Cell[] }> {
    const runs = wanted.map((one) => ({ ...one, run: nameOf(one, one.step) }));
    const first = await eachOf(runs, atOnce, ({ run, kind, step }) =>
      runAgent({ run, kind, gateway: gateway.url, start: 1, crashAfter: step }),
    );
    await allRecorded(gateway);
    await gateway.kill();
    const now = await this.startGateway(gateway.folder);
    const cells = await eachOf(runs, atOnce, async ({ run, ...one }, at) => {
      const place = { run, kind: one.kind, gateway: now.url, start: 2, crashAfter: null };
      return { ...one, seen: this.#seen(run, await runAgent(place), first[at] as Attempt) };
    });
    return { now, cells };
  }

  #seen(run: string, last: Attempt, first: Attempt | null): Seen {
    const asked = this.#provider.requests.filter(
      ({ headers }) => headers["authorization"] === `Bearer sk-${run}`,
    );
    return {
      // A request's turn is the number of answers that it shows to the model, and one.
      turns: asked.map(({ parsed }) => 1 + rolesIn(parsed).filter((role) => role === "assistant").length),
      effects: this.#tools.effects
        .filter(({ operation }) => operation === run)
        .map(({ path: at, body }) => ({ path: at, body })),
      first,
      last,
    };
  }
}

/** Plays every scenario behind every step, with so many agents at the same time. */
export async function play(atOnce: number, played = scenarios): Promise<Played> {
  const crashes = await Crashes.make();
  try {
    let gateway = await crashes.startGateway();
    const whole = await crashes.whole(gateway);
    const wanted = (killed: Scenario["killed"]): readonly Wanted[] =>
      steps.flatMap((_, at) =>
        played.filter((one) => one.killed === killed).map((one) => ({ ...one, step: at + 1 })),
      );
    const cells: Cell[] = await eachOf(wanted("agent"), atOnce, async (one) => ({
      ...one,
      seen: await crashes.agentKilled(gateway, one.kind, one.step),
    }));
    const waiting = [...wanted("gateway")];
    while (waiting.length > 0) {
      const { now, cells: more } = await crashes.bothKilled(gateway, waiting.splice(0, perKill), atOnce);
      gateway = now;
      cells.push(...more);
    }
    return { whole, cells };
  } finally {
    await crashes.close();
  }
}

/** Does something with each of many, so many at the same time, and gives what came of them in order. */
async function eachOf<One, Result>(
  all: readonly One[],
  atOnce: number,
  what: (one: One, at: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < all.length; at = next++) results[at] = await what(all[at] as One, at);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

/**
 * Waits until all that agents were told is recorded: a turn that is about to be written when the gateway is
 * killed is asked for again, which costs tokens and has no consequence.
 */
async function allRecorded({ folder }: GatewayProcess): Promise<void> {
  const database = new DatabaseSync(path.join(folder, "ledger.db"), { readOnly: true });
  try {
    const running = database.prepare("select count(*) as count from claims where state = 'intent'");
    for (const untilMs = Date.now() + recordedWithinMs; running.get()?.["count"] !== 0; await sleep(20)) {
      if (Date.now() > untilMs) throw new Error("what agents were told was never recorded");
    }
  } finally {
    database.close();
  }
}

function nameOf({ killed, kind }: Scenario, step: number): string {
  return `${killed}-${kind.replace(" ", "-")}-${step}`;
}

function rolesIn(parsed: Readonly<Record<string, unknown>>): readonly unknown[] {
  const messages = parsed["messages"] as readonly { readonly role: unknown }[];
  return messages.map(({ role }) => role);
}
