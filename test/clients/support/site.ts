import { afterAll, beforeAll, expect } from "vitest";
import type { Answer, Script } from "../../../examples/provider/answer.ts";
import { startProvider, type Provider, type ProviderRequest } from "../../../examples/provider/provider.ts";
import { startTestGateway, type RunningGateway } from "../../proxy/support/running-gateway.ts";
import type { Chat, ChatSettings, Client, PlainCall, Thrown } from "./client.ts";

/** Context windows of the models that are named so: small enough to be trimmed soon. */
const windows = { "*-small": 4000 };

/** One provider that is as strict as the strictest, and one gateway before it, for all tests of a file. */
export interface Site {
  readonly provider: Provider;
  readonly gateway: RunningGateway;
  play(script: Script): void;
  /** What the provider was asked since the script began. */
  asked(): readonly ProviderRequest[];
  /** Exchanges that the gateway has served since the script began. */
  exchanges(): number;
  open(client: Client, more?: Partial<ChatSettings>): Chat;
}

function started<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error("The site has not started.");
  return part;
}

export function siteOf(more: Readonly<Record<string, unknown>> = {}): Site {
  let provider: Provider | undefined;
  let gateway: RunningGateway | undefined;
  let asked = 0;
  let logged = 0;
  beforeAll(async () => {
    provider = await startProvider(undefined, { bindThinking: true });
    gateway = await startGatewayTo(provider.url, more);
  });
  afterAll(async () => {
    await gateway?.stop();
    await provider?.close();
  });
  const site: Site = {
    get provider() {
      return started(provider);
    },
    get gateway() {
      return started(gateway);
    },
    play(script) {
      site.provider.play(script);
      asked = site.provider.requests.length;
      logged = site.gateway.logged.length;
    },
    asked: () => site.provider.requests.slice(asked),
    exchanges: () => site.gateway.logged.slice(logged).filter(({ what }) => what === "exchange").length,
    open: (client, settings = {}) => client.open({ url: site.gateway.url, run: weatherOf, ...settings }),
  };
  return site;
}

/** The guards that are on duty by default, before one provider of both protocols. */
export function startGatewayTo(
  url: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<RunningGateway> {
  return startTestGateway({
    posts: [{ guard: "tool-schema" }, { guard: "quarantine" }, { guard: "budget", windows }],
    upstreams: { openai: { url }, anthropic: { url } },
    ...more,
  });
}

export const paris: PlainCall = { name: "get_weather", arguments: { city: "Paris", unit: "celsius" } };
export const tokyo: PlainCall = { name: "get_time", arguments: { city: "Tokyo" } };

/** What the tools say. */
export function weatherOf({ name, arguments: args }: PlainCall): string {
  return `${name} says: ${JSON.stringify(args)} is fine.`;
}

let asked = 0;

/** A question that no other test has asked, so that each has a conversation of its own. */
export function question(about: string): string {
  asked += 1;
  return `${about} (question ${String(asked).padStart(4, "0")})`;
}

/** Thinking for the protocol that binds it to what stood before it. */
export function thinkingOf(client: Client, text: string): Pick<Answer, "thinking"> {
  return client.protocol === "anthropic-messages" ? { thinking: text } : {};
}

/** The words of a protocol for the ends of a turn. */
export function finishWord(client: Client, finish: "stop" | "calls" | "length"): string {
  const [chat, messages] = {
    stop: ["stop", "end_turn"],
    calls: ["tool_calls", "tool_use"],
    length: ["length", "max_tokens"],
  }[finish];
  return (client.protocol === "openai-chat" ? chat : messages) ?? "";
}

/** What was thrown; fails where nothing was. */
export async function thrownBy(work: Promise<unknown>): Promise<Thrown> {
  const outcome = await work.then(
    (value) => ({ value }),
    (thrown: unknown) => ({ thrown }),
  );
  if (!("thrown" in outcome))
    expect.fail(`Nothing was thrown; the answer was ${JSON.stringify(outcome.value)}`);
  return outcome.thrown as Thrown;
}
