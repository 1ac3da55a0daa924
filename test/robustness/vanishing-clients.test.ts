import { once } from "node:events";
import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";
import { beginStream, startRawUpstream, type Asked, type RawUpstream } from "./support/raw-upstream.ts";
import { speakers } from "./support/speakers.ts";
import { ask, connected, received, requestBytes } from "./support/wire-client.ts";

interface Site {
  readonly gateway: RunningGateway;
  readonly upstream: RawUpstream;
}

let site: Site;
beforeAll(async () => {
  const upstream = await startRawUpstream();
  const url = { url: upstream.url };
  const gateway = await startTestGateway({
    upstreams: { openai: url, anthropic: url, gemini: url },
    tools: { pay: url },
    // Long enough for a client to leave while headers wait for the first text.
    hold: { preambleMs: 60_000 },
  });
  site = { gateway, upstream };
});
afterAll(async () => {
  await site.gateway.stop();
  await site.upstream.close();
});

/** What the upstream does in one test, which sees nothing of the tests before it. */
function begin(serve: (asked: Asked) => void = () => {}): void {
  site.upstream.serve = serve;
  site.upstream.asked.length = 0;
  site.upstream.connections.length = 0;
  site.gateway.logged.length = 0;
}

/** The exchanges that the gateway says have ended, each with whether its client was gone. */
function ended(): readonly boolean[] {
  return site.gateway.logged
    .filter(({ what }) => what === "exchange")
    .map(({ fields }) => fields["gone"] === true);
}

async function asked(count: number): Promise<Asked> {
  await expect.poll(() => site.upstream.asked.length).toBe(count);
  return site.upstream.asked[count - 1] as Asked;
}

async function sent(bytes: Uint8Array): Promise<Socket> {
  const client = await connected(site.gateway.port);
  client.write(bytes);
  return client;
}

async function stillServes(): Promise<void> {
  expect((await ask(site.gateway.port, { path: "/-/health", method: "GET" })).status).toBe(200);
}

describe.each(speakers)("a client of $name that vanishes", (speaker) => {
  const { path, headers, frames, textFrame, callFrame } = speaker;
  const body = speaker.body("Weather in Paris?");
  const request = requestBytes({ path, headers, body });

  it("while it sends its headers costs nothing", async () => {
    begin();
    const client = await sent(request.subarray(0, 40));
    client.destroy();
    await once(client, "close");
    await stillServes();
    expect(site.upstream.connections).toEqual([]);
  });

  it("while it sends its body is not asked for anything upstream", async () => {
    begin();
    const client = await sent(request.subarray(0, request.length - 10));
    await expect.poll(() => client.bytesWritten).toBe(request.length - 10);
    client.resetAndDestroy();
    await expect.poll(() => ended()).toEqual([true]);
    expect(site.upstream.connections).toEqual([]);
  });

  it("while the upstream has not answered ends the request there", async () => {
    begin();
    const client = await sent(request);
    const { closed } = await asked(1);
    client.destroy();
    await closed();
    await expect.poll(() => ended()).toEqual([true]);
    expect(site.upstream.asked).toHaveLength(1);
  });

  it("while headers wait for the first text ends the request upstream", async () => {
    begin((one) => beginStream(one, frames.slice(0, Math.min(1, textFrame))));
    const client = await sent(request);
    const { closed } = await asked(1);
    let got = 0;
    client.on("data", (chunk: Buffer) => (got += chunk.length));
    await stillServes();
    expect(got).toBe(0);
    client.destroy();
    await closed();
    await expect.poll(() => ended()).toEqual([true]);
  });

  it("in the middle of the text ends the request upstream", async () => {
    begin((one) => beginStream(one, frames.slice(0, textFrame + 1)));
    const client = await sent(request);
    await received(client, (text) => text.includes("Let me see."));
    const { closed } = await asked(1);
    client.resetAndDestroy();
    await closed();
    await expect.poll(() => ended()).toEqual([true]);
  });

  it("while a call is held ends the request upstream, and nothing is asked again", async () => {
    begin((one) => beginStream(one, frames.slice(0, callFrame + 1)));
    const client = await sent(request);
    const got = await received(client, (text) => text.includes("Let me see."));
    expect(got).not.toContain("get_weather");
    const { closed } = await asked(1);
    client.destroy();
    await closed();
    await expect.poll(() => ended()).toEqual([true]);
    expect(site.upstream.asked).toHaveLength(1);
  });

  it("while the model is asked again ends that request, and there is no third", async () => {
    const wrong = frames.map((frame) => frame.replaceAll("city", "town"));
    begin((one) => {
      if (site.upstream.asked.length === 1)
        one.outgoing.writeHead(200, { "content-type": "text/event-stream" }).end(wrong.join(""));
    });
    const client = await sent(request);
    const { closed } = await asked(2);
    client.destroy();
    await closed();
    await expect.poll(() => ended()).toEqual([true]);
    expect(site.upstream.asked).toHaveLength(2);
  });
});

describe("a client of a tool that vanishes", () => {
  const charge = {
    path: "/tools/pay/charges",
    headers: { "content-type": "application/json" },
    body: '{"amount":1}',
  };

  it("while the tool works does not stop it, and whoever calls again gets its answer", async () => {
    begin();
    const client = await sent(requestBytes(charge));
    const first = await asked(1);
    client.resetAndDestroy();
    await expect.poll(() => client.closed).toBe(true);
    const again = ask(site.gateway.port, charge);
    await stillServes();
    expect(first.socket.destroyed).toBe(false);
    first.outgoing.writeHead(201, { "content-type": "application/json" }).end('{"paid":1}');
    expect(await again).toMatchObject({ status: 201, text: '{"paid":1}' });
    expect(site.upstream.asked).toHaveLength(1);
    await expect.poll(() => ended()).toEqual([true, false]);
  });

  it("while it sends the call has not called", async () => {
    begin();
    const whole = requestBytes(charge);
    const client = await sent(whole.subarray(0, whole.length - 3));
    await expect.poll(() => client.bytesWritten).toBe(whole.length - 3);
    client.resetAndDestroy();
    await expect.poll(() => ended()).toEqual([true]);
    expect(site.upstream.asked).toEqual([]);
  });

  it("is no longer served where the tool only reads", async () => {
    begin();
    const client = await sent(requestBytes({ path: "/tools/pay/balance", method: "GET" }));
    const { closed } = await asked(1);
    client.destroy();
    await closed();
    await expect.poll(() => ended()).toEqual([true]);
  });
});

describe("a client of a path that nobody watches and that vanishes", () => {
  it("while its body passes ends the request upstream", async () => {
    begin();
    const client = await sent(
      Buffer.from("POST /v1/files HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"),
    );
    await expect.poll(() => site.upstream.connections[0]?.bytesRead ?? 0).toBeGreaterThan(0);
    client.resetAndDestroy();
    await expect.poll(() => site.upstream.connections[0]?.closed).toBe(true);
    await expect.poll(() => ended()).toEqual([true]);
    expect(site.upstream.asked).toEqual([]);
  });

  it("while its answer passes ends it upstream", async () => {
    begin((one) => void one.outgoing.writeHead(200).write("a piece"));
    const client = await sent(requestBytes({ path: "/v1/files/f/content", method: "GET" }));
    await received(client, (text) => text.includes("a piece"));
    const { closed } = await asked(1);
    client.destroy();
    await closed();
    await expect.poll(() => ended()).toEqual([true]);
  });
});
