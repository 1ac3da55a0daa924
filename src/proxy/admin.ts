import { createHash, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { Ledger } from "../ledger/ledger.ts";
import { singleTenant } from "./caller.ts";
import type { Gateway } from "./gateway.ts";
import { type Listening, listeningAt, untilListening } from "./server.ts";
import { recordedTurn } from "./turns/recorded-turn.ts";

/** Where the operator's port is open, and to whom. */
export interface AdminOptions {
  readonly host: string;
  /** Null: it is not opened. */
  readonly port: number | null;
  /** What every request must carry; null: whoever reaches it may use it. */
  readonly token: string | null;
}

const refusals: Readonly<Record<"unknown" | "ended", readonly [404 | 409, string]>> = {
  unknown: [
    404,
    "No such exchange runs at this gateway. Another replica may hold it, and must be asked at its own " +
      "port; with ?run=<run> the ledger is asked which.",
  ],
  ended: [409, "The answer of this exchange is on its way already: there is nothing left to cancel."],
};

/** How many running calls and turns of one run are looked through. */
const runningMax = 1000;

/** The pages of the operator's port. */
function adminPages(gateway: Gateway, ledger: Ledger, { token }: AdminOptions): Hono {
  const app = new Hono();
  app.onError((cause, c) => problem(c, 500, `The gateway failed: ${cause.message}`));
  app.notFound((c) => problem(c, 404, "No such page."));
  app.use(async (c, next) => {
    if (token === null && !isLoopbackName(c.req.header("host") ?? "")) {
      // Without a token a page in the operator's browser could ask under a name of its own (DNS rebinding).
      return problem(
        c,
        403,
        "Without admin.token this port is asked by the name or address of loopback alone.",
      );
    }
    if (token !== null && !isBearer(c.req.header("authorization") ?? "", token)) {
      c.header("www-authenticate", 'Bearer realm="longstop admin"');
      return problem(c, 401, "This port wants Authorization: Bearer, with the token of admin.token.");
    }
    return next();
  });
  app.get("/runs/:run/turns/:turn", (c) => showTurn(c, gateway, ledger));
  app.delete("/exchanges/:id", (c) => cancelExchange(c, gateway, ledger));
  return app;
}

/** Opens the operator's port, where there is one; rejects with the system's error where it cannot. */
export async function listenAdmin(
  gateway: Gateway,
  ledger: Ledger,
  options: AdminOptions,
): Promise<Listening | null> {
  const { host, port } = options;
  if (port === null) return null;
  const app = adminPages(gateway, ledger, options);
  const server = createServer(getRequestListener((request) => app.fetch(request)));
  await untilListening(server, { host, port });
  return listeningAt(server, host);
}

async function cancelExchange(c: Context, gateway: Gateway, ledger: Ledger): Promise<Response> {
  const { id: exchange = "" } = c.req.param() as Record<string, string>;
  const cancelled = await gateway.cancel(exchange);
  if (cancelled === "cancelled") return c.json({ exchange, cancelled: true });
  const owner = cancelled === "unknown" ? await ownerOf(c, ledger, exchange) : null;
  if (owner !== null) {
    const where = "It must be cancelled at the operator's port of that one.";
    return problem(c, 404, `This exchange does not run here, but at the gateway ${owner}. ${where}`, {
      owner,
    });
  }
  if (typeof cancelled === "string") return problem(c, ...refusals[cancelled]);
  // What was sent goes on: how it ends is told by its record.
  return c.json({ exchange, cancelled: true, inDoubt: cancelled.inDoubt }, 202);
}

/**
 * Which gateway holds a running exchange, where its run is named (`?run=`): by its id alone the ledger could
 * only be read from end to end. Null where the ledger has no such one running in that run.
 */
async function ownerOf(c: Context, ledger: Ledger, exchange: string): Promise<string | null> {
  const { run, tenant } = c.req.query();
  if (run === undefined) return null;
  const ofWhom = { run, ...(tenant === undefined ? {} : { tenant }) };
  const running = await ledger.listClaims({ ...ofWhom, states: ["intent"], limit: runningMax });
  return running.find(({ detail }) => detail["exchange"] === exchange)?.owner ?? null;
}

async function showTurn(c: Context, gateway: Gateway, ledger: Ledger): Promise<Response> {
  const tenant = c.req.query("tenant") ?? (gateway.asksForKeys ? null : singleTenant);
  if (tenant === null) return problem(c, 400, "With tenancy: keys this needs ?tenant=<name>.");
  const { run = "", turn = "" } = c.req.param() as Record<string, string>;
  const wish = c.req.query("bytes");
  if (wish !== undefined && wish !== "shown" && wish !== "said") {
    return problem(c, 400, 'bytes is "shown" or "said".');
  }
  const found = await recordedTurn(ledger, { tenant, run, turn }, gateway);
  if (found === null) return problem(c, 404, `The ledger has no turn ${turn} of the run ${run}.`);
  if (wish === undefined) return c.json(found.told);
  c.header("content-type", "application/octet-stream");
  return c.body(new Uint8Array(found.soFar?.[wish] ?? new Uint8Array()));
}

/** RFC 9457. */
function problem(
  c: Context,
  status: 400 | 401 | 403 | 404 | 409 | 500,
  detail: string,
  more: Readonly<Record<string, string>> = {},
): Response {
  return c.json({ status, detail, ...more }, status, { "content-type": "application/problem+json" });
}

/** Hashes are compared, so that the time it takes tells neither the token nor its length. */
function isBearer(header: string, token: string): boolean {
  return timingSafeEqual(hashOf(header), hashOf(`Bearer ${token}`));
}

function hashOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function isLoopbackName(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i.test(host);
}
