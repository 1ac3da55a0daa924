import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
  answerAs,
  hasEffect,
  parseBehaviour,
  refused,
  well,
  type Behaviour,
  type ToolAnswer,
} from "./behaviour.ts";
import { EffectLog, type Effect } from "./effect-log.ts";

/**
 * `dumb`: every call is an effect. `keyed`: a second call with the same `Idempotency-Key` gets the
 * first one's answer. `lookup`: as dumb, and what was done can be asked for: by operation or key in
 * the path, or by arguments (`GET /charges?customer=c1&amount=5` finds a call with these fields).
 */
export type ToolServerMode = "dumb" | "keyed" | "lookup";

export interface ToolServerOptions {
  readonly mode?: ToolServerMode;
  /** Effects are appended to this file and synced before the answer. */
  readonly log?: string;
  readonly port?: number;
  /** How long a key is remembered (`keyed`). */
  readonly retentionSeconds?: number;
}

/** A request as it arrived, side-effecting or not. */
interface ToolRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ToolServer {
  readonly url: string;
  readonly effects: readonly Effect[];
  readonly requests: readonly ToolRequest[];
  /** How the next calls behave, in order; after them all is well again. */
  readonly behave: (...next: readonly string[]) => void;
  close(): Promise<void>;
}

/**
 * Tools over HTTP that count what they really did: `POST /charges`, `POST /emails`, `POST /effects`
 * and any other path with any method but GET; `GET /weather`. How a call behaves is said by the
 * header `x-behave`, the query `?behave=`, or beforehand by `POST /-/behave`; the list is in
 * `behaviour.ts`. `GET /-/effects` tells what was done.
 */
export async function startToolServer(options: ToolServerOptions = {}): Promise<ToolServer> {
  const tools = new Tools(options);
  const server = createServer((req, res) => {
    tools.serve(req, res).catch((cause: unknown) => {
      if (res.headersSent) return res.destroy();
      res.writeHead(400, { "content-type": "application/json" });
      return res.end(JSON.stringify({ error: cause instanceof Error ? cause.message : String(cause) }));
    });
  });
  await new Promise<void>((listening, fail) => {
    server.once("error", fail);
    server.listen(options.port ?? 0, "127.0.0.1", listening);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    effects: tools.log.effects,
    requests: tools.requests,
    behave: (...next) => tools.queue.push(...next.map(parseBehaviour)),
    async close() {
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
      tools.log.close();
    },
  };
}

/** What a keyed tool remembers of a call. */
interface Remembered {
  readonly fingerprint: string;
  readonly answer: ToolAnswer;
  readonly untilMs: number;
}

class Tools {
  readonly log: EffectLog;
  readonly requests: ToolRequest[] = [];
  readonly queue: Behaviour[] = [];
  readonly #mode: ToolServerMode;
  readonly #retentionMs: number;
  readonly #remembered = new Map<string, Remembered>();
  readonly #running = new Set<string>();

  constructor(options: ToolServerOptions) {
    this.log = new EffectLog(options.log);
    this.#mode = options.mode ?? "dumb";
    this.#retentionMs = (options.retentionSeconds ?? 24 * 60 * 60) * 1000;
  }

  async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const request = await readRequest(req);
    const url = new URL(request.path, "http://tool");
    if (url.pathname.startsWith("/-/")) return this.#control(request, url, res);
    this.requests.push(request);
    const named = request.headers["x-behave"] ?? url.searchParams.get("behave");
    const behaviour = named ? parseBehaviour(named) : (this.queue.shift() ?? well);
    if (request.method === "GET" || request.method === "HEAD") {
      return answerAs(behaviour, this.#read(url), res);
    }
    return this.#act(request, url, behaviour, res);
  }

  /** A call that does something: once for each key, or every time. */
  async #act(request: ToolRequest, url: URL, behaviour: Behaviour, res: ServerResponse): Promise<void> {
    const key = this.#mode === "keyed" ? request.headers["idempotency-key"] : undefined;
    if (key === undefined) return answerAs(behaviour, await this.#effect(request, url, behaviour), res);
    const known = this.#remembered.get(key);
    if (known !== undefined && known.untilMs > Date.now()) {
      const same = known.fingerprint === fingerprint(request);
      return answerAs(
        well,
        same ? replayed(known.answer) : plain(422, "The key was used for another body."),
        res,
      );
    }
    if (this.#running.has(key)) return answerAs(well, plain(409, "A call with this key is running."), res);
    this.#running.add(key);
    try {
      const answer = await this.#effect(request, url, behaviour);
      if (hasEffect(behaviour) || behaviour.name === "status-kept") {
        this.#remembered.set(key, {
          fingerprint: fingerprint(request),
          answer: hasEffect(behaviour) ? answer : refused(behaviour.status),
          untilMs: Date.now() + this.#retentionMs,
        });
      }
      await answerAs(behaviour, answer, res);
    } finally {
      this.#running.delete(key);
    }
  }

  async #effect(request: ToolRequest, url: URL, behaviour: Behaviour): Promise<ToolAnswer> {
    if (!hasEffect(behaviour)) return plain(200, "nothing done");
    if (behaviour.name === "slow-effect") await sleep(behaviour.delayMs);
    const effect = this.log.append({
      method: request.method,
      path: url.pathname,
      body: request.body,
      operation: operationOf(request),
      idempotencyKey: request.headers["idempotency-key"] ?? null,
    });
    const kind = url.pathname.split("/")[1]?.replace(/s$/, "") ?? "effect";
    const record = { id: `${kind}_${effect.sequence}`, status: "done", ...fieldsOf(request.body) };
    return answerOf(201, record);
  }

  #read(url: URL): ToolAnswer {
    if (url.pathname === "/weather") {
      return answerOf(200, { city: url.searchParams.get("city") ?? "Oslo", celsius: 21, sky: "clear" });
    }
    if (this.#mode !== "lookup") return plain(404, `There is no GET ${url.pathname}.`);
    const wanted = decodeURIComponent(url.pathname.split("/").at(-1) ?? "");
    const asked = [...url.searchParams].filter(([name]) => name !== "behave");
    const found = this.log.effects.find((one) =>
      asked.length > 0
        ? one.path === url.pathname && hasFields(one, asked)
        : one.operation === wanted || one.idempotencyKey === wanted,
    );
    return found === undefined ? plain(404, `Nothing was done under ${wanted}.`) : answerOf(200, found);
  }

  #control(request: ToolRequest, url: URL, res: ServerResponse): Promise<void> {
    if (url.pathname === "/-/effects") {
      const { effects } = this.log;
      return answerAs(well, answerOf(200, { count: effects.length, effects }), res);
    }
    if (url.pathname === "/-/requests")
      return answerAs(well, answerOf(200, { requests: this.requests }), res);
    if (url.pathname === "/-/behave" && request.method === "POST") {
      const next: unknown = JSON.parse(request.body);
      this.queue.push(...(Array.isArray(next) ? next : [next]).map((name) => parseBehaviour(String(name))));
      return answerAs(well, answerOf(200, { queued: this.queue.length }), res);
    }
    return answerAs(well, plain(404, `There is no ${request.method} ${url.pathname}.`), res);
  }
}

async function readRequest(req: IncomingMessage): Promise<ToolRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const headers = Object.fromEntries(
    Object.entries(req.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
  const body = Buffer.concat(chunks).toString("utf8");
  return { method: req.method ?? "GET", path: req.url ?? "/", headers, body };
}

function fieldsOf(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function hasFields(effect: Effect, asked: readonly (readonly [string, string])[]): boolean {
  const fields = fieldsOf(effect.body);
  return asked.every(([name, value]) => name in fields && String(fields[name]) === value);
}

function operationOf(request: ToolRequest): string | null {
  const named = fieldsOf(request.body)["op"];
  return typeof named === "string" ? named : (request.headers["x-operation"] ?? null);
}

function fingerprint(request: ToolRequest): string {
  return `${request.method} ${request.path} ${request.body}`;
}

function answerOf(status: number, value: unknown): ToolAnswer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

function plain(status: number, sentence: string): ToolAnswer {
  return answerOf(status, status < 400 ? { note: sentence } : { error: sentence });
}

function replayed(answer: ToolAnswer): ToolAnswer {
  return { ...answer, headers: { ...answer.headers, "idempotent-replayed": "true" } };
}
