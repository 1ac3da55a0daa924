import type { Provider } from "../../../examples/provider/provider.ts";
import { startToolServer, type ToolServer } from "../../../examples/tool-server/tool-server.ts";
import { startNumberedProvider } from "../support/numbered-provider.ts";
import { startTestGateway, type RunningGateway } from "../support/running-gateway.ts";

interface Message {
  readonly role: string;
  readonly content: string;
}

export interface Said {
  readonly text: string;
  readonly replayed: boolean;
}

/** A model that numbers its answers, tools that count, and a gateway between them and agents. */
export interface Site {
  readonly provider: Provider;
  readonly tools: ToolServer;
  gateway: RunningGateway;
  /** How often the model was asked, and how often a tool did something. */
  counts(): readonly [turns: number, effects: number];
  begin(options?: AgentOptions): Agent;
  close(): Promise<void>;
}

export interface AgentOptions {
  readonly run?: string;
  /** Left out, it names none. */
  readonly attempt?: string;
  readonly task?: string;
  readonly model?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function startSite(
  run: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Site> {
  const [provider, tools] = [await startNumberedProvider(), await startToolServer()];
  const site: Site = {
    provider,
    tools,
    gateway: await startTestGateway({
      upstreams: { openai: { url: provider.url } },
      tools: { pay: { url: tools.url }, lax: { url: tools.url, clientKeys: "stable" } },
      turns: { mode: "enforce", graceSeconds: 2 },
      run,
      ...more,
    }),
    counts: () => [provider.requests.length, tools.effects.length],
    begin: (options = {}) =>
      new Agent(
        {
          get url() {
            return site.gateway.url;
          },
        },
        options,
      ),
    async close() {
      await site.gateway.stop();
      await Promise.all([provider.close(), tools.close()]);
    },
  };
  return site;
}

/** An agent that tells its model what its tool said. A new one begins from the start, as after a crash. */
export class Agent {
  readonly #gateway: { readonly url: string };
  readonly #options: AgentOptions;
  readonly #messages: Message[];

  /** `gateway.url` is asked for with each request. */
  constructor(gateway: { readonly url: string }, options: AgentOptions) {
    this.#gateway = gateway;
    this.#options = options;
    this.#messages = [{ role: "user", content: options.task ?? "Pay all of them." }];
  }

  /** One that knows what this one knows, and goes on by itself. */
  fork(): Agent {
    const other = new Agent(this.#gateway, this.#options);
    other.#messages.splice(0, Infinity, ...this.#messages);
    return other;
  }

  get #prefix(): string {
    const { run = "r", attempt } = this.#options;
    return `${this.#gateway.url}/run/${run}${attempt === undefined ? "" : `/attempt/${attempt}`}`;
  }

  /** Asks its model what to do. */
  async turn(headers: Readonly<Record<string, string>> = {}): Promise<Said> {
    const answer = await fetch(`${this.#prefix}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...this.#options.headers, ...headers },
      body: JSON.stringify({ model: this.#options.model ?? "gpt-4o", messages: this.#messages }),
    });
    const body = (await answer.json()) as { choices: { message: { content: string } }[] };
    const text = body.choices[0]?.message.content ?? JSON.stringify(body);
    this.#messages.push({ role: "assistant", content: text });
    return { text, replayed: answer.headers.get("longstop-replayed") === "true" };
  }

  /** Calls its tool, and gives the status, or the code of the error. */
  async pay(amount: number, tool = "pay", headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const answer = await fetch(`${this.#prefix}/tools/${tool}/charges`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ amount }),
    });
    const text = await answer.text();
    const { code } = JSON.parse(text) as { code?: string };
    return code ?? (answer.headers.get("idempotent-replayed") === "true" ? "replayed" : "done");
  }

  hear(content: string): void {
    this.#messages.push({ role: "user", content });
  }

  /** So many times: asks, pays, and tells the model. */
  async work(steps: number, from = 1): Promise<readonly Said[]> {
    const said: Said[] = [];
    for (let step = from; step < from + steps; step++) {
      said.push(await this.turn());
      await this.pay(step);
      this.hear(`Paid ${step}.`);
    }
    return said;
  }
}
