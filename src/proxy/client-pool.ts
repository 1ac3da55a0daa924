import { Client, type Dispatcher } from "undici";

/** One connection with what has been heard of it. */
interface Lane {
  readonly client: Client;
  isConnected: boolean;
  isFree: boolean;
}

/**
 * Connections to one origin over HTTP/1.1, one request at a time on each. What undici brings for this asks
 * every connection in turn whether it is free: with thousands of open streams that costs more than the
 * request. Here those that are free wait in a list, the last used in front, so that the others grow old
 * and close. One that has closed is forgotten.
 */
export class ClientPool {
  readonly #origin: string;
  readonly #options: Client.Options;
  readonly #lanes = new Set<Lane>();
  readonly #free: Lane[] = [];

  /** `options.pipelining` is 1 here, whatever it says. */
  constructor(origin: string, options: Client.Options) {
    this.#origin = origin;
    this.#options = { ...options, pipelining: 1 };
  }

  /** How many connections are open or being opened. */
  get size(): number {
    return this.#lanes.size;
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    const lane = this.#free.pop() ?? this.#open();
    lane.isFree = false;
    if (lane.client.dispatch(options, handler)) this.#isFreeAgain(lane);
    else if (!lane.isConnected && isIdle(lane)) this.#forget(lane);
  }

  /** Breaks off what is under way. */
  async destroy(): Promise<void> {
    const clients = [...this.#lanes].map(({ client }) => client);
    this.#lanes.clear();
    this.#free.length = 0;
    await Promise.all(clients.map((client) => client.destroy()));
  }

  #open(): Lane {
    const client = new Client(this.#origin, this.#options);
    const lane: Lane = { client, isConnected: false, isFree: false };
    client.on("connect", () => {
      lane.isConnected = true;
    });
    client.on("disconnect", () => {
      lane.isConnected = false;
      if (isIdle(lane)) this.#forget(lane);
    });
    client.on("connectionError", () => this.#forget(lane));
    client.on("drain", () => this.#isFreeAgain(lane));
    this.#lanes.add(lane);
    return lane;
  }

  /** However often it is told: one that stood in the list twice would get two requests at a time. */
  #isFreeAgain(lane: Lane): void {
    if (lane.isFree) return;
    lane.isFree = true;
    this.#free.push(lane);
  }

  #forget(lane: Lane): void {
    if (!this.#lanes.delete(lane)) return;
    if (lane.isFree) this.#free.splice(this.#free.lastIndexOf(lane), 1);
    void lane.client.destroy();
  }
}

/** Also where undici has refused a request, such as one with a path that cannot be: no `drain` follows. */
function isIdle({ client }: Lane): boolean {
  return client.stats.size === 0;
}
