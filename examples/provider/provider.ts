import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerRequest, protocolOf } from "./answering.ts";
import { isObject, type Json, type Script, type ScriptRequest } from "./answer.ts";
import { deliver, type Outcome } from "./delivery.ts";
import { KeptResponses } from "./responses-store.ts";

/** A request as it arrived, and what became of it. */
export interface ProviderRequest extends ScriptRequest {
  /** The status that was chosen, or null while the script has not answered. */
  status: number | null;
  /** Null until the answer ended. */
  outcome: Outcome | null;
}

export interface ProviderOptions {
  readonly port?: number;
  readonly host?: string;
  /** Refuses thinking blocks whose history has changed, as newer Claude models do. */
  readonly bindThinking?: boolean;
  /** Left out, any credential will do. */
  readonly apiKey?: string;
}

export interface Provider {
  readonly url: string;
  /** Every request that arrived, in order; accepted by the checks or not. */
  readonly requests: ProviderRequest[];
  /** The rest of the script is thrown away and this one begins. */
  play(script: Script): void;
  close(): Promise<void>;
}

/**
 * A model server that says what it is told to, and refuses what real providers refuse. Speaks
 * Chat Completions, Responses, the Messages API and the Gemini API, whole and streamed. Without a script it is a tiny
 * fake model.
 */
export async function startProvider(script?: Script, options: ProviderOptions = {}): Promise<Provider> {
  const requests: ProviderRequest[] = [];
  const stage: Stage = { script, next: 0, kept: new KeptResponses() };
  const server = createServer((req, res) => {
    void serve(req, res, { requests, stage, options });
  });
  // Longer than any client keeps a connection, which would otherwise meet one that is just being closed.
  server.keepAliveTimeout = 75_000;
  const url = await listen(server, options.port ?? 0, options.host ?? "127.0.0.1");
  return {
    url,
    requests,
    play(following) {
      stage.script = following;
      stage.next = 0;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}

/** Where in its script the provider is. */
export interface Stage {
  script: Script | undefined;
  next: number;
  /** What it remembers of its answers, as the Responses API does. */
  readonly kept: KeptResponses;
}

async function listen(server: Server, port: number, host: string): Promise<string> {
  await new Promise<void>((listening, fail) => {
    server.once("error", fail);
    server.listen(port, host, listening);
  });
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}

interface Serving {
  readonly requests: ProviderRequest[];
  readonly stage: Stage;
  readonly options: ProviderOptions;
}

async function serve(req: IncomingMessage, res: ServerResponse, serving: Serving): Promise<void> {
  let request: ProviderRequest | undefined;
  try {
    request = await record(req, serving.requests);
    const { delivery, faults } = await answerRequest(request, serving.stage, serving.options);
    request.status = delivery.status;
    request.outcome = await deliver(res, delivery, faults);
  } catch (cause) {
    // A script that throws must be seen by the test that wrote it, not hang its client.
    if (request !== undefined) request.outcome = "client-gone";
    if (res.headersSent || res.destroyed) return void res.destroy();
    res.writeHead(400, { "content-type": "application/json" });
    const message = `The provider's script failed: ${cause instanceof Error ? cause.message : String(cause)}`;
    res.end(JSON.stringify({ type: "error", error: { type: "script_error", message } }));
  }
}

async function record(req: IncomingMessage, requests: ProviderRequest[]): Promise<ProviderRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString("utf8");
  const method = req.method ?? "GET";
  const path = req.url ?? "/";
  const headers = Object.fromEntries(
    Object.entries(req.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
  const request: ProviderRequest = {
    index: requests.length,
    method,
    path,
    headers,
    body,
    parsed: parsedBody(body),
    protocol: protocolOf(method, path),
    status: null,
    outcome: null,
  };
  requests.push(request);
  return request;
}

function parsedBody(body: string): Json {
  try {
    const parsed: unknown = JSON.parse(body);
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}
