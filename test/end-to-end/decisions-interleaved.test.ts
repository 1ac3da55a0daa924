import assert from "node:assert/strict";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Provider, startProvider } from "../../examples/provider/provider.ts";
import { startToolServer, type ToolServer } from "../../examples/tool-server/tool-server.ts";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";

type Amount = 1 | 2;
/** What an agent does: asks for its next turn, calls a tool so often at once, or crashes and begins again. */
type Step =
  | { readonly kind: "turn"; readonly decides: readonly Amount[] }
  | { readonly kind: "calls"; readonly amounts: readonly Amount[] }
  | { readonly kind: "crash" }
  | { readonly kind: "restart" };

let provider: Provider;
let tools: ToolServer;
let gateway: RunningGateway;
beforeAll(async () => {
  provider = await startProvider(({ parsed }) => {
    const messages = parsed["messages"] as readonly { content: string }[];
    const { decides } = JSON.parse(messages.at(-1)?.content ?? "") as { decides: readonly Amount[] };
    const calls = decides.map((amount) => ({ name: "charge", arguments: { amount } }));
    return calls.length === 0 ? { text: "Nothing." } : { calls };
  });
  tools = await startToolServer();
  const decisions = [{ tool: "charge", path: "/charges", arguments: { amount: "{/amount}" } }];
  gateway = await startTestGateway({
    posts: [],
    upstreams: { openai: { url: provider.url } },
    turns: { mode: "enforce" },
    effects: { unrequested: "block" },
    tools: { pay: { url: tools.url, decisions } },
  });
});
afterAll(async () => {
  await gateway.stop();
  await provider.close();
  await tools.close();
});

const headers = { "content-type": "application/json", authorization: "Bearer sk-1" };

/** One run of an agent, beside what must come of it. */
class Agent {
  readonly #run: string;
  #attempt = 1;
  /** The turns of the attempt by what they decided on, and those of earlier ones, to be asked for again. */
  #asked: (readonly Amount[])[] = [];
  /** How many calls of each amount this attempt made that count, and how many are executed in all. */
  #used = { 1: 0, 2: 0 };
  readonly executed = { 1: 0, 2: 0 };

  constructor(run: string) {
    this.#run = run;
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "turn":
        return this.#ask(step.decides);
      case "calls":
        return this.#call(step.amounts);
      case "restart":
        gateway = await gateway.restart();
        return;
      case "crash": {
        const before = this.#asked;
        this.#attempt += 1;
        this.#asked = [];
        this.#used = { 1: 0, 2: 0 };
        for (const decides of before) await this.#ask(decides);
      }
    }
  }

  async #ask(decides: readonly Amount[]): Promise<void> {
    const content = JSON.stringify({ decides, place: this.#asked.length });
    const body = JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content }] });
    const answer = await fetch(`${this.#base}/v1/chat/completions`, { method: "POST", headers, body });
    assert.equal(answer.status, 200);
    await answer.text();
    this.#asked.push(decides);
  }

  async #call(amounts: readonly Amount[]): Promise<void> {
    const answers = await Promise.all(amounts.map((amount) => this.#charge(amount)));
    for (const amount of [1, 2] as const) {
      const decided = this.#asked.flat().filter((one) => one === amount).length;
      const got = answers.filter((_answer, place) => amounts[place] === amount);
      if (decided === 0) {
        assert.ok(got.every((one) => one === "refused"));
        continue;
      }
      const next = Math.min(decided, this.#used[amount] + got.length);
      const fresh = Math.max(0, next - Math.max(this.#used[amount], this.executed[amount]));
      const executed = got.filter((one) => one === "executed").length;
      assert.equal(executed, fresh);
      assert.equal(got.filter((one) => one === "replayed").length, got.length - fresh);
      this.#used[amount] = next;
      this.executed[amount] += fresh;
    }
  }

  async #charge(amount: Amount): Promise<"executed" | "replayed" | "refused"> {
    const body = JSON.stringify({ run: this.#run, amount });
    const answer = await fetch(`${this.#base}/tools/pay/charges`, { method: "POST", headers, body });
    await answer.text();
    if (answer.status === 400) return "refused";
    assert.equal(answer.status, 201);
    return answer.headers.get("idempotent-replayed") === "true" ? "replayed" : "executed";
  }

  get #base(): string {
    return `${gateway.url}/run/${this.#run}/attempt/${this.#attempt}`;
  }
}

const amount = fc.constantFrom<Amount[]>(1, 2);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("turn" as const), decides: fc.array(amount, { maxLength: 3 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("calls" as const),
      amounts: fc.array(amount, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "crash" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
);

it(
  "executes no more than was decided and no less than was called, in whatever order",
  { timeout: 90_000 },
  async () => {
    let runs = 0;
    const seen = { executed: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12, size: "max" }), async (steps) => {
        const run = `r${(runs += 1)}`;
        const agent = new Agent(run);
        // Before its first turn nothing is known of the model, and calls pass.
        await agent.take({ kind: "turn", decides: [] });
        for (const one of steps) await agent.take(one);
        const really = tools.effects.filter(({ body }) => body.includes(`"${run}"`));
        expect(really).toHaveLength(agent.executed[1] + agent.executed[2]);
        seen.executed += really.length;
      }),
      { numRuns: 30 },
    );
    expect(seen.executed).toBeGreaterThan(30);
  },
);
