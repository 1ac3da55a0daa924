import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startProvider, type Provider } from "../../examples/provider/provider.ts";
import { dialects, lastBody, post, type Json } from "./support/dialects.ts";
import { startTestGateway, type RunningGateway } from "./support/running-gateway.ts";

const right = { name: "get_weather", arguments: { city: "Paris", unit: "celsius" } };
const wrong = { name: "get_weather", arguments: { city: "Paris", unit: "SECRET-UNIT" } };

describe.each(dialects)("a streamed answer of $name", (dialect) => {
  let provider: Provider;
  let gateway: RunningGateway;

  async function start(more: Record<string, unknown> = {}): Promise<void> {
    provider = await startProvider();
    const upstream = { url: provider.url };
    gateway = await startTestGateway({
      posts: [{ guard: "tool-schema" }],
      upstreams: { openai: upstream, anthropic: upstream },
      ...more,
    });
  }
  beforeEach(() => start());
  afterEach(async () => {
    await gateway.stop();
    await provider.close();
  });

  const ask = (more: Record<string, unknown> = {}): Promise<Response> =>
    post(
      gateway.url,
      dialect,
      dialect.request([dialect.user("Weather in Paris?")], { stream: true, ...more }),
    );

  it("leaves as the bytes that came when nothing is wrong", async () => {
    const direct = await post(provider.url, dialect, dialect.request([dialect.user("x")], { stream: true }));
    const bytes = await direct.text();
    const type = direct.headers.get("content-type") ?? "";
    provider.play(() => ({ body: bytes, headers: { "content-type": type } }));
    expect(await (await ask()).text()).toBe(bytes);
  });

  it("sends no byte of a blocked call, and the corrected call in its place", async () => {
    provider.play([
      { text: "Let me look.", calls: [wrong] },
      { text: "Again.", calls: [right] },
    ]);
    const body = await (await ask()).text();
    expect(body).not.toContain("SECRET");
    expect(dialect.streamed(body)).toMatchObject({ text: "Let me look.Again.", calls: [right] });
  });

  it("releases no call of a turn in which one is blocked, and says so to the model", async () => {
    const other = { name: "get_weather", arguments: { city: "Oslo-SIBLING" } };
    provider.play([{ calls: [other, wrong] }, { calls: [other, right] }]);
    const body = await (await ask()).text();
    expect(dialect.streamed(body).calls).toMatchObject([other, right]);
    expect(body.split("Oslo-SIBLING").length - 1).toBeLessThanOrEqual(1);
    expect(JSON.stringify(lastBody(provider.requests))).toContain("another call of this turn was refused");
  });

  it("repairs a second fault too, and counts the output tokens of all turns once", async () => {
    const usage = { input: 100, output: 10 };
    provider.play([
      { calls: [wrong], usage },
      { calls: [{ name: "get_wether", arguments: {} }], usage },
      { calls: [right], usage: { input: 140, output: 10 } },
    ]);
    const body = await (await ask({ stream_options: { include_usage: true } })).text();
    expect(dialect.streamed(body).calls).toMatchObject([right]);
    const tokens = [...body.matchAll(/"(?:completion|output)_tokens":(\d+)/g)].map((match) =>
      Number(match[1]),
    );
    expect(Math.max(...tokens)).toBe(30);
    expect(body).toContain(": longstop {");
  });

  it("is a plain 400 when a turn that opens with a bad call cannot be repaired", async () => {
    provider.play(() => ({ calls: [wrong] }));
    const answer = await ask();
    expect(answer.status).toBe(400);
    expect(answer.headers.get("x-should-retry")).toBe("false");
    const { sentence, code } = dialect.error((await answer.json()) as Json);
    expect(code).toBe("call_refused");
    expect(sentence).toContain('expected one of \\"celsius\\", \\"fahrenheit\\"'.replaceAll("\\", ""));
    // The same fault twice stops early: asked once more, not twice.
    expect(provider.requests).toHaveLength(2);
  });

  it("ends with the error event when text has left and the call cannot be repaired", async () => {
    provider.play(() => ({ text: "Let me look.", calls: [wrong] }));
    const answer = await ask();
    expect(answer.status).toBe(200);
    const body = await answer.text();
    expect(body).toContain("Let me look.");
    expect(body).toContain("call_refused");
    expect(body).not.toContain("message_stop");
    expect(body).not.toContain("[DONE]");
    const line = gateway.logged.find(({ what }) => what === "stream ended with an error");
    // A refusal is no fault of the gateway: its sentence, and no stack.
    expect(line?.fields).toMatchObject({ code: "call_refused", sentence: expect.stringContaining("unit") });
    expect(line?.fields["cause"]).toBeUndefined();
    const asked = gateway.logged.filter(({ what }) => what === "asked the model again");
    expect(asked.map(({ fields }) => fields["repairs"])).toEqual([1]);
  });

  it("says what the upstream said when it fails while it is asked again", async () => {
    const refused = { status: 429, message: "slow down", retryAfterSeconds: 7 };
    provider.play([{ calls: [wrong] }, { error: refused }]);
    const answer = await ask();
    expect(answer.status).toBe(429);
    // The client waits and asks again, as after any 429.
    expect(answer.headers.get("retry-after")).toBe("7");
    expect(answer.headers.get("x-should-retry")).toBeNull();
    expect(await answer.text()).not.toContain("SECRET");
  });

  it("releases nothing of a stream that ends inside a call, whether it breaks or ends cleanly", async () => {
    for (const cut of ["break", "end"] as const) {
      const events = dialect.name === "openai-chat" ? 3 : 4;
      provider.play([{ calls: [wrong], cutAfterEvents: events, cut }]);
      const answer = await ask();
      expect(answer.status).toBe(502);
      const text = await answer.text();
      expect(text).not.toContain("get_weather");
      expect(text).toContain("upstream_cut");
    }
  });

  it("ends with the error event, not cleanly, when the stream is cut behind text", async () => {
    provider.play([{ text: ["Some ", "text"], calls: [wrong], cutAfterEvents: 5, cut: "end" }]);
    const body = await (await ask()).text();
    expect(body).toContain("upstream_cut");
    expect(body).not.toContain("[DONE]");
    expect(body).not.toContain("message_stop");
  });

  it("drops a call that the token limit cut, and ends as cut", async () => {
    provider.play([
      { text: "Hm.", calls: [{ name: "get_weather", arguments: '{"city":"Par' }], finish: "length" },
    ]);
    const streamed = dialect.streamed(await (await ask()).text());
    expect(streamed.calls).toEqual([]);
    expect(streamed.finish).toBe(dialect.name === "openai-chat" ? "length" : "max_tokens");
    expect(provider.requests).toHaveLength(1);
  });

  it("passes the upstream's own error event on and releases nothing", async () => {
    provider.play([{ text: "Some text", calls: [wrong], errorAfterEvents: 6 }]);
    const body = await (await ask()).text();
    expect(body).toMatch(/"error"/);
    expect(body).not.toContain("SECRET");
  });

  it("reads byte-wise chunks, comments and unknown fields without a change", async () => {
    provider.play([{ text: "Hello", calls: [right], extras: true, chunkBytes: 1 }]);
    const body = await (await ask()).text();
    expect(dialect.streamed(body)).toMatchObject({ text: "Hello", calls: [right] });
  });

  it("decodes a stream that is compressed although identity was asked for", async () => {
    provider.play([{ text: "Hello", calls: [right], gzip: true }]);
    const answer = await ask();
    expect(answer.headers.get("content-encoding")).toBeNull();
    expect(dialect.streamed(await answer.text())).toMatchObject({ text: "Hello", calls: [right] });
    expect(provider.requests[0]?.headers["accept-encoding"]).toBe("identity");
  });

  it("releases calls at the protocol's end, also where the upstream keeps the connection open", async () => {
    const direct = await startProvider([{ calls: [right] }]);
    const bytes = await (
      await post(direct.url, dialect, dialect.request([dialect.user("x")], { stream: true }))
    ).text();
    await direct.close();
    const open = createServer((request, response) => {
      request.resume();
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(bytes);
    });
    await new Promise<void>((resolve) => open.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(open.address() as AddressInfo).port}`;
    await gateway.stop();
    gateway = await startTestGateway({
      posts: [{ guard: "tool-schema" }],
      upstreams: { openai: { url }, anthropic: { url } },
    });
    expect(dialect.streamed(await (await ask()).text()).calls).toMatchObject([right]);
    open.closeAllConnections();
    open.close();
  });

  it("refuses more held bytes than the limit, in the protocol's words", async () => {
    await gateway.stop();
    await provider.close();
    await start({ hold: { heldBytesMax: 2048 } });
    provider.play([{ calls: [{ name: "get_weather", arguments: { city: "x".repeat(5000) } }] }]);
    const answer = await ask();
    expect(answer.status).toBe(400);
    expect(dialect.error((await answer.json()) as Json).code).toBe("held_too_much");
  });

  it("refuses calls that are not whole in time", async () => {
    await gateway.stop();
    await provider.close();
    await start({ hold: { heldSecondsMax: 1, keepAliveSeconds: 1, preambleMs: 10 } });
    provider.play([{ calls: [right], eventDelayMs: 400 }]);
    const body = await (await ask()).text();
    expect(body).toContain("held_too_much");
    expect(body).not.toContain("Paris");
  });

  it("keeps the client's connection alive with comments while it holds", async () => {
    await gateway.stop();
    await provider.close();
    await start({ hold: { keepAliveSeconds: 1, preambleMs: 0 } });
    provider.play([{ text: "Hm.", calls: [right], eventDelayMs: 500 }]);
    const body = await (await ask()).text();
    expect(body).toContain(": keep-alive\n\n");
    expect(dialect.streamed(body).calls).toMatchObject([right]);
  });
});
