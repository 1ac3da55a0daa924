// The least that a proxy on these libraries can do: Hono for the route, undici for the way out,
// Node's own response for the way back. What Longstop adds is measured against this.
// node bare.ts PORT ORIGIN [json]: with `json` the request is parsed and written anew on the way.
import { createServer, type IncomingMessage } from "node:http";
import { serve, type HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import { Pool } from "undici";

const [port = "0", origin = "", mode = "raw"] = process.argv.slice(2);
const pool = new Pool(origin, { pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
const app = new Hono<{ Bindings: HttpBindings }>();

async function rewritten(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  return JSON.stringify(JSON.parse(Buffer.concat(pieces).toString()));
}

app.post("/v1/*", async (c) => {
  const { incoming, outgoing } = c.env;
  const { "content-type": type = "", authorization = "", "content-length": length } = incoming.headers;
  const headers: Record<string, string> = { "content-type": type, authorization };
  if (mode === "raw" && length !== undefined) headers["content-length"] = length;
  const body = mode === "json" ? await rewritten(incoming) : incoming;
  await pool.stream(
    { path: incoming.url ?? "/", method: "POST", headers, body, opaque: outgoing },
    ({ statusCode, headers: answered }) => {
      const kept = ["content-type", "content-length"].flatMap((name) =>
        answered[name] === undefined ? [] : [[name, String(answered[name])]],
      );
      outgoing.writeHead(statusCode, Object.fromEntries(kept));
      return outgoing;
    },
  );
  return RESPONSE_ALREADY_SENT;
});

serve({ fetch: app.fetch, port: Number(port), hostname: "127.0.0.1", createServer });
