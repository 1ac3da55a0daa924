import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { requestBody } from "../../../bench/bodies.ts";
import { startProgram, type Program } from "../programs.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

interface Seen {
  body: string;
  headers: IncomingHttpHeaders;
}

async function between(...mode: readonly string[]): Promise<{ bare: Program; seen: Seen }> {
  const seen: Seen = { body: "", headers: {} };
  const model = createServer((request, response) => {
    seen.headers = request.headers;
    seen.body = "";
    request.on("data", (bytes) => (seen.body += String(bytes)));
    request.on("end", () =>
      response.writeHead(203, { "content-type": "text/event-stream" }).end("data: 1\n\n"),
    );
  });
  await new Promise<void>((resolve) => {
    model.listen(0, "127.0.0.1", resolve);
  });
  const { port } = model.address() as AddressInfo;
  const bare = await startProgram("bench/subjects/bare.ts", `http://127.0.0.1:${port}`, ...mode);
  stops.push(bare.stop, async () => model.close());
  return { bare, seen };
}

function ask(bare: Program, body: string): Promise<Response> {
  return fetch(`${bare.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer a" },
    body,
  });
}

describe("the bare proxy", () => {
  it("hands request and answer on as the bytes that came", async () => {
    const { bare, seen } = await between();
    const body = JSON.stringify(JSON.parse(requestBody(100_000)), null, 1);
    const answer = await ask(bare, body);
    expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([
      203,
      "text/event-stream",
      "data: 1\n\n",
    ]);
    expect(seen.body).toBe(body);
    expect(seen.headers).toMatchObject({ authorization: "Bearer a", "content-length": String(body.length) });
  });

  it("parses the request and writes it anew when it is told to", async () => {
    const { bare, seen } = await between("json");
    await (await ask(bare, '{ "a" : [ 1 ] }')).text();
    expect(seen.body).toBe('{"a":[1]}');
  });
});
