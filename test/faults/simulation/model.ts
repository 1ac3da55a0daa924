import { LongstopError } from "../../../src/exchange/error.ts";
import { UpstreamFailure, type UpstreamAnswer } from "../../../src/proxy/upstream.ts";
import type { UpstreamRequest, Upstreams } from "../../../src/proxy/upstream.ts";
import { headerOf } from "../../../src/proxy/upstream-headers.ts";
import { Conversation } from "./tool.ts";
import type { Process, World } from "./world.ts";

/** What goes wrong with one generation. */
const mishaps = {
  none: 6,
  slow: 2,
  "never answers": 0.5,
  "not sent": 0.7,
  "connection breaks": 1.2,
  "body ends early": 1.2,
  "429": 0.5,
  "500": 0.5,
} as const;

const words = 5;

/** The model as it really is: it numbers what it says, for each turn that somebody wants. */
export class Model {
  readonly mode = "dumb";
  /** How often each turn was asked for. */
  readonly generations = new Map<string, number>();
  readonly #world: World;
  /** Hears of each turn that is asked for, and where. */
  readonly #asked: (turn: string, gateway: string) => void;

  constructor(world: World, asked: (turn: string, gateway: string) => void) {
    this.#world = world;
    this.#asked = asked;
  }

  /** The model as one gateway reaches it. */
  reachedFrom(process: Process): Upstreams {
    const send = (request: UpstreamRequest): Promise<UpstreamAnswer> => this.#send(process, request);
    return { send, close: async () => {} } as unknown as Upstreams;
  }

  #send(process: Process, request: UpstreamRequest): Promise<UpstreamAnswer> {
    const world = this.#world;
    const turn = (headerOf(request.headers, "authorization") ?? "").replace("Bearer ", "");
    this.#asked(turn, process.name);
    const mishap = world.faulty ? world.random.weighted(mishaps) : "none";
    world.count(`model: ${mishap}`);
    const { promise, resolve, reject } = Promise.withResolvers<UpstreamAnswer>();
    if (mishap === "not sent") {
      const error = new LongstopError("upstream_unreachable", "The simulated model is not there.", {
        retryAfterSeconds: 5,
      });
      world.after(world.random.between(1, 50), process, () => reject(new UpstreamFailure("no", error, null)));
      return promise;
    }
    const generation = (this.generations.get(turn) ?? 0) + 1;
    this.generations.set(turn, generation);
    world.say(process.name, `asks for ${turn}, generation ${generation} (${mishap})`);
    const conversation = new Conversation(world, process, request, resolve, reject);
    const { signal } = request;
    if ("onLeave" in signal) signal.onLeave(() => conversation.abort());
    if (mishap === "never answers") return promise;
    const afterMs = world.random.between(1, mishap === "slow" ? 6000 : 200);
    if (mishap === "429" || mishap === "500") {
      conversation.whole(afterMs, { status: Number(mishap), body: `{"error":{"message":"${mishap}"}}` });
      return promise;
    }
    const events = eventsOf(generation);
    const isCut = mishap === "connection breaks" || mishap === "body ends early";
    const shown = isCut ? events.slice(0, world.random.between(0, events.length - 2)) : events;
    conversation.streamed(afterMs, shown, mishap === "connection breaks");
    return promise;
  }
}

function eventsOf(generation: number): readonly string[] {
  const chunk = (delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({ id: `c${generation}`, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const said = Array.from({ length: words }, (_, at) => chunk({ content: `g${generation}w${at} ` }, null));
  return [...said, chunk({}, "stop"), "data: [DONE]\n\n"];
}

/** What an answer, or a part of it, has of which generations. */
export function generationsIn(body: string): {
  readonly generations: readonly number[];
  readonly endsWell: boolean;
  readonly hasAll: boolean;
} {
  const found = [...body.matchAll(/g(\d+)w(\d+)/g)];
  return {
    generations: [...new Set(found.map(([, generation]) => Number(generation)))],
    endsWell: body.includes('"finish_reason":"stop"'),
    hasAll: new Set(found.map(([, , word]) => word)).size === words,
  };
}
