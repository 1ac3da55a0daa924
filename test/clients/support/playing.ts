import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Answer, Script, ScriptRequest } from "../../../examples/provider/answer.ts";
import { closedPort } from "../../proxy/support/closed-port.ts";
import { startTestGateway, type RunningGateway } from "../../proxy/support/running-gateway.ts";
import { warden } from "../../proxy/support/warden.ts";

/** Context windows of the models that are named so: small enough to be trimmed soon. */
const windows = { "*-small": 4000 };

/** What the HTTP servers of this process say of each request that begins. */
interface Begun {
  readonly request: IncomingMessage;
  readonly server: Server;
}

/** The credential of a request, which tells whose it is. */
export function keyIn(headers: Readonly<Record<string, unknown>>): string {
  const credential = headers["x-api-key"] ?? headers["x-goog-api-key"] ?? headers["authorization"];
  return String(credential).replace("Bearer ", "");
}

/** Answers each test's requests from its own script, and counts them. */
export class Playing {
  readonly #scripts = new Map<string, { readonly script: Script; next: number }>();
  readonly #sent = new Map<string, number>();
  readonly #providerPort: () => string;
  #keys = 0;

  constructor(providerPort: () => string) {
    this.#providerPort = providerPort;
  }

  readonly count = (begun: unknown): void => {
    const { request, server } = begun as Begun;
    if (String((server.address() as AddressInfo | null)?.port) === this.#providerPort()) return;
    const key = keyIn(request.headers);
    this.#sent.set(key, (this.#sent.get(key) ?? 0) + 1);
  };

  begin(script: Script): string {
    this.#keys += 1;
    const key = `sk-test-${this.#keys}`;
    this.#scripts.set(key, { script, next: 0 });
    return key;
  }

  sent(key: string): number {
    return this.#sent.get(key) ?? 0;
  }

  readonly answer = (request: ScriptRequest): Answer | Promise<Answer> => {
    const playing = this.#scripts.get(keyIn(request.headers));
    if (playing === undefined) throw new Error(`nobody plays for ${keyIn(request.headers)}`);
    const { script } = playing;
    if (typeof script === "function") return script(request);
    const answer = script[playing.next];
    if (answer === undefined)
      throw new Error(`it has ${script.length} answers, and this request wants one more`);
    playing.next += 1;
    return answer;
  };
}

/** The URL of a port on which nobody listens, and nobody will. */
export async function urlOfNobody(): Promise<string> {
  return `http://127.0.0.1:${await closedPort()}`;
}

/**
 * The guards that are on duty by default, and one that forbids calls by policy, before one provider of
 * all protocols.
 */
export function startGatewayTo(
  url: string,
  upstreams: Readonly<Record<string, { readonly url: string }>> = {},
  more: Readonly<Record<string, unknown>> = {},
): Promise<RunningGateway> {
  return startTestGateway(
    {
      posts: [
        { guard: "tool-schema" },
        { guard: "quarantine" },
        { guard: "budget", windows },
        { guard: "warden" },
      ],
      upstreams: { openai: { url }, anthropic: { url }, gemini: { url }, ...upstreams },
      ...more,
    },
    [warden],
  );
}
