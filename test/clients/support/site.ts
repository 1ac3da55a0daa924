import diagnostics from "node:diagnostics_channel";
import { afterAll, beforeAll, expect } from "vitest";
import type { Script } from "../../../examples/provider/answer.ts";
import { startProvider, type Provider, type ProviderRequest } from "../../../examples/provider/provider.ts";
import type { RunningGateway } from "../../proxy/support/running-gateway.ts";
import type { Chat, ChatSettings, Client, Thrown } from "./client.ts";
import { keyIn, Playing, startGatewayTo, urlOfNobody } from "./playing.ts";
import { weatherOf } from "./weather.ts";

/** What one test plays: it is told from all others, which run at the same time, by its credential. */
export interface Stage {
  readonly apiKey: string;
  /** What the provider was asked, in order. */
  asked(): readonly ProviderRequest[];
  /** Requests that clients have sent to a gateway. */
  sent(): number;
  open(client: Client, more?: Partial<ChatSettings>): Chat;
}

/** Base URLs of clients, without `/v1`. */
export interface Urls {
  readonly usual: string;
  /** The provider itself. */
  readonly direct: string;
  /** Of a gateway that waits only a moment for headers. */
  readonly impatient: string;
  /** Of a gateway that sends comments every second while it holds. */
  readonly talkative: string;
  /** Of an upstream where nobody listens. */
  readonly dead: string;
}

/** One provider that is as strict as the strictest, and the gateways before it, for all tests of a file. */
export interface Site {
  readonly gateway: RunningGateway;
  url(of: keyof Urls): string;
  play(script: Script): Stage;
}

function started<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error("The site has not started.");
  return part;
}

export function siteOf(more: Readonly<Record<string, unknown>> = {}): Site {
  let provider: Provider | undefined;
  const gateways: RunningGateway[] = [];
  let urls: Urls | undefined;
  const playing = new Playing(() => new URL(started(provider).url).port);
  beforeAll(async () => {
    provider = await startProvider(playing.answer, { bindThinking: true });
    const { url: direct } = provider;
    const dead = { dead: { url: await urlOfNobody() } };
    // A turn that opens with a bad call is a plain error however slow the machine is.
    const usual = await startGatewayTo(direct, dead, { hold: { preambleMs: 15_000 }, ...more });
    const impatient = await startGatewayTo(direct, {}, { timeouts: { headersMs: 1500 }, ...more });
    const hold = { keepAliveSeconds: 1, preambleMs: 0 };
    const talkative = await startGatewayTo(direct, {}, { hold, ...more });
    gateways.push(usual, impatient, talkative);
    urls = {
      usual: usual.url,
      direct,
      impatient: impatient.url,
      talkative: talkative.url,
      dead: `${usual.url}/u/dead`,
    };
    diagnostics.subscribe("http.server.request.start", playing.count);
  });
  afterAll(async () => {
    diagnostics.unsubscribe("http.server.request.start", playing.count);
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await provider?.close();
  });
  const site: Site = {
    get gateway() {
      return started(gateways[0]);
    },
    url: (of) => started(urls)[of],
    play(script) {
      const apiKey = playing.begin(script);
      return {
        apiKey,
        asked: () => started(provider).requests.filter(({ headers }) => keyIn(headers) === apiKey),
        sent: () => playing.sent(apiKey),
        open: (client, settings = {}) =>
          client.open({
            url: site.url("usual"),
            apiKey,
            run: weatherOf,
            ...(settings.tap === undefined ? {} : { fetch: tapped(settings.tap) }),
            ...settings,
          }),
      };
    },
  };
  return site;
}

/** A fetch that also shows what it gives to the client. */
function tapped(tap: NonNullable<ChatSettings["tap"]>): typeof fetch {
  return async (...asked) => {
    const answer = await fetch(...asked);
    const { headers, body } = answer;
    tap(headers, "");
    if (body === null) return answer;
    const decoder = new TextDecoder();
    const through = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, sink) {
        tap(headers, decoder.decode(chunk, { stream: true }));
        sink.enqueue(chunk);
      },
    });
    return new Response(body.pipeThrough(through), answer);
  };
}

let questions = 0;

/** A question that no other test has asked, so that each has a conversation of its own. */
export function question(about: string): string {
  questions += 1;
  return `${about} (question ${String(questions).padStart(4, "0")})`;
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
