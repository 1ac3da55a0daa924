import type { Faults } from "../../../examples/provider/answer.ts";
import { startProvider, type Provider, type ProviderRequest } from "../../../examples/provider/provider.ts";
import { saidIn, type Content } from "./speech.ts";

/** The model of all gateways of a site. It numbers what it makes, for each turn that somebody wants. */
export class Model {
  readonly #provider: Provider;
  /** What goes wrong with the generations of a turn, in order. */
  readonly #faults = new Map<string, Faults[]>();

  private constructor(provider: Provider) {
    this.#provider = provider;
  }

  static async start(): Promise<Model> {
    const asked = new Map<string, number>();
    const provider: Provider = await startProvider((request): ReturnType<typeof saidBy> => {
      const turn = turnOf(request);
      const generation = (asked.get(turn) ?? 0) + 1;
      asked.set(turn, generation);
      return saidBy(turn, generation, model);
    });
    const model = new Model(provider);
    return model;
  }

  get url(): string {
    return this.#provider.url;
  }

  /** What goes wrong with the next generations of a turn; afterwards all is well. */
  fails(turn: string, ...faults: readonly Faults[]): void {
    this.#faults.set(turn, [...faults]);
  }

  /** What was paid for a turn: every request that reached the model, and how its answer ended. */
  paid(turn: string): readonly ProviderRequest[] {
    return this.#provider.requests.filter((request) => turnOf(request) === turn);
  }

  nextFault(turn: string): Faults {
    return this.#faults.get(turn)?.shift() ?? {};
  }

  close(): Promise<void> {
    return this.#provider.close();
  }
}

function saidBy(
  turn: string,
  generation: number,
  model: Model,
): Faults & { content: ReturnType<typeof saidIn> } {
  const content: Content = turn.endsWith("-text") ? "text" : "call";
  return { content: saidIn(generation, content), ...model.nextFault(turn) };
}

/** Which turn is asked for: the credential says it, as it goes upstream. */
function turnOf({ headers }: Pick<ProviderRequest, "headers">): string {
  return (headers["authorization"] ?? headers["x-api-key"] ?? "").replace(/^Bearer /, "");
}
