import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { startTestGateway, type RunningGateway } from "./support/running-gateway.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

const tools = [
  { type: "function", name: "f", parameters: { type: "object", required: ["a"], properties: { a: {} } } },
];
const call = (argumentsText: string) => ({
  type: "function_call",
  id: "fc_1",
  call_id: "c1",
  name: "f",
  arguments: argumentsText,
  status: "completed",
});
const response = (status: string, output: readonly unknown[]) => ({
  id: "resp_1",
  object: "response",
  status,
  output,
  store: true,
  background: true,
});
const events = (...all: readonly { type: string }[]): string =>
  all.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
/** A stream of which the client has seen the beginning, and that says nothing more. */
const beginning = events(
  { type: "response.created", sequence_number: 0, response: response("in_progress", []) } as { type: string },
  { type: "response.output_text.delta", output_index: 0, content_index: 0, item_id: "m1", delta: "Hi" } as {
    type: string;
  },
);

/** A provider that takes a question in the background, and has this answer when it is fetched. */
async function gatewayBefore(
  argumentsText: string,
  posts: readonly unknown[] = [{ guard: "tool-schema" }],
  more: object = {},
): Promise<{ gateway: RunningGateway; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    incoming.resume();
    if (incoming.headers["accept"] === "text/event-stream") {
      outgoing.writeHead(200, { "content-type": "text/event-stream" }).write(beginning);
      return;
    }
    const body =
      incoming.method === "POST" ? response("queued", []) : response("completed", [call(argumentsText)]);
    outgoing.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = await startTestGateway({ posts, upstreams: { openai: { url } }, ...more });
  stops.push(() => gateway.stop());
  return { gateway, asked };
}

async function askThenFetch(
  { url }: RunningGateway,
  path = "/v1/responses/resp_1",
  input: unknown = "Hi",
): Promise<Response> {
  const body = JSON.stringify({ model: "m", input, tools, background: true });
  const asked = await fetch(`${url}/v1/responses`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  expect(await asked.json()).toMatchObject({ status: "queued" });
  return fetch(`${url}${path}`);
}

describe("an answer that is fetched by its id", () => {
  it("arrives as it came where its calls fit the tools of the request behind it", async () => {
    const { gateway, asked } = await gatewayBefore('{"a": 1}');
    const answer = await askThenFetch(gateway);
    expect(await answer.text()).toBe(JSON.stringify(response("completed", [call('{"a": 1}')])));
    expect(asked).toEqual(["POST /v1/responses", "GET /v1/responses/resp_1"]);
  });

  it("is refused where they do not, and the model is not asked again", async () => {
    const { gateway, asked } = await gatewayBefore('{"b": 1}');
    const answer = await askThenFetch(gateway);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: "call_refused" } });
    expect(asked).toHaveLength(2);
  });

  it("is judged also where the client sends its whole history every time", async () => {
    const { gateway } = await gatewayBefore('{"b": 1}');
    const history = ["user", "assistant", "user"].map((role) => ({ role, content: "Hi" }));
    const answer = await askThenFetch(gateway, undefined, history);
    expect(answer.status).toBe(400);
  });

  it("is judged also where statefulRequests is refuse, and refused there where nobody asked for it", async () => {
    const { gateway } = await gatewayBefore('{"b": 1}', undefined, { statefulRequests: "refuse" });
    const answer = await askThenFetch(gateway);
    expect(await answer.json()).toMatchObject({ error: { code: "call_refused" } });
    const another = await fetch(`${gateway.url}/v1/responses/resp_2`);
    expect(await another.json()).toMatchObject({
      error: { code: "stateful_refused", message: expect.stringContaining("through here, and fetch") },
    });
  });

  it("is judged also where its client left the stream in which it asked", async () => {
    const { gateway, asked } = await gatewayBefore('{"b": 1}');
    const leaving = new AbortController();
    const stream = await fetch(`${gateway.url}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({ model: "m", input: "Hi", tools, background: true, stream: true }),
      signal: leaving.signal,
    });
    await stream.body?.getReader().read();
    leaving.abort();
    const answer = await fetch(`${gateway.url}/v1/responses/resp_1`);
    expect(answer.status).toBe(400);
    expect(asked).toHaveLength(2);
  });

  it("keeps its query", async () => {
    const { gateway, asked } = await gatewayBefore('{"a": 1}');
    await askThenFetch(gateway, "/v1/responses/resp_1?include[]=reasoning.encrypted_content");
    expect(asked.at(-1)).toBe("GET /v1/responses/resp_1?include[]=reasoning.encrypted_content");
  });

  it("passes where no post is on duty", async () => {
    const { gateway } = await gatewayBefore('{"b": 1}', []);
    const answer = await askThenFetch(gateway);
    expect(answer.status).toBe(200);
  });
});
