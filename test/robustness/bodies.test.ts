import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";
import { startGatewayProcess } from "./support/gateway-process.ts";
import { startRawUpstream, type Asked, type RawUpstream } from "./support/raw-upstream.ts";
import { codeIn, speakers } from "./support/speakers.ts";
import { ask, connected, received } from "./support/wire-client.ts";

const mebibyte = 1024 * 1024;
const json = { "content-type": "application/json" };

let upstream: RawUpstream;
let gateway: RunningGateway;
beforeAll(async () => {
  upstream = await startRawUpstream();
  const url = { url: upstream.url };
  gateway = await startTestGateway({
    upstreams: { openai: url, anthropic: url, gemini: url },
    tools: { pay: url },
  });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

function begin(serve: (asked: Asked) => void): void {
  upstream.serve = serve;
  upstream.asked.length = 0;
  upstream.connections.length = 0;
}

const answers =
  (body: string) =>
  ({ outgoing }: Asked): void =>
    void outgoing.writeHead(200, json).end(body);

describe.each(speakers)("a request of $name", (speaker) => {
  const { path, headers, wholePath, whole } = speaker;
  const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;

  it.each([
    ["in a field that nobody knows", (body: string) => body.replace("{", `{"unknown":${deep},`)],
    ["in what a user said", (body: string) => body.replace('"Weather in Paris?"', deep)],
    ["instead of a body", () => deep],
    ["that never end", (body: string) => body.replace('"Weather in Paris?"', "[".repeat(20_000))],
  ])("with 20,000 levels %s is refused in its own words, and nothing is sent", async (_name, change) => {
    begin(answers(whole));
    const got = await ask(gateway.port, { path, headers, body: change(speaker.body("Weather in Paris?")) });
    expect(got.status).toBe(400);
    expect(codeIn(got.text)).toBe("request_malformed");
    expect(upstream.asked).toEqual([]);
  });

  it.each([
    ["no body", ""],
    ["white space", "  \n"],
    ["a form", "model=m&messages=hello"],
    ["many parts", "--x\r\ncontent-disposition: form-data; name=a\r\n\r\nb\r\n--x--\r\n"],
    ["NUL bytes", "\0\0\0\0"],
    ["a list", "[]"],
    ["null", "null"],
  ])("with %s is refused in its own words, and nothing is sent", async (_name, body) => {
    begin(answers(whole));
    const got = await ask(gateway.port, { path, headers, body });
    expect(got.status).toBe(400);
    expect(codeIn(got.text)).toBe("request_malformed");
    expect(upstream.asked).toEqual([]);
  });

  it("whose JSON is called something else is JSON all the same", async () => {
    begin(answers(whole));
    const body = speaker.wholeBody("Weather in Paris?");
    const got = await ask(gateway.port, {
      path: wholePath,
      headers: { ...headers, "content-type": "text/plain" },
      body,
    });
    expect(got).toMatchObject({ status: 200, text: whole });
    expect(upstream.asked[0]?.body).toContain("Weather in Paris?");
  });

  it("that grows over the limit without saying so is refused while it is read, not behind its end", async () => {
    begin(answers(whole));
    const client = await connected(gateway.port);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    client.write(`POST ${path} HTTP/1.1\r\nhost: x\r\n${lines.join("")}transfer-encoding: chunked\r\n\r\n`);
    const answer = received(client, (text) => text.includes("request_too_large"));
    const chunk = Buffer.concat([
      Buffer.from("100000\r\n"),
      Buffer.alloc(mebibyte, " "),
      Buffer.from("\r\n"),
    ]);
    const seen = new AbortController();
    void answer.then(() => seen.abort());
    // Its sender would go on for ever.
    while (!seen.signal.aborted && !client.destroyed) {
      if (client.write(chunk)) await new Promise((resolve) => setImmediate(resolve));
      else await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
    client.destroy();
    expect(upstream.asked).toEqual([]);
  });

  it("whose answer has 20,000 levels is given none of it", async () => {
    begin(answers(`{"a":${deep}}`));
    const got = await ask(gateway.port, { path: wholePath, headers, body: speaker.wholeBody("Hi") });
    expect(got.status).toBe(502);
    expect(codeIn(got.text)).toBe("upstream_unreadable");
  });
});

describe("headers", () => {
  const request = (headers: string): string =>
    `GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers}\r\n`;
  async function status(headers: string): Promise<string> {
    const client = await connected(gateway.port);
    client.write(request(headers));
    return (await received(client)).slice(0, 12);
  }

  it("in their thousands are passed on, all of them", async () => {
    begin(answers("{}"));
    const many = Array.from({ length: 1000 }, (_, index) => `x-${index}:1\r\n`).join("");
    expect(await status(many)).toBe("HTTP/1.1 200");
    const names = upstream.asked[0]?.incoming.rawHeaders.filter((one) => one.startsWith("x-"));
    expect(names).toHaveLength(1000);
  });

  it("without end are refused with 431, however small each of them is", async () => {
    begin(answers("{}"));
    expect(await status("a:b\r\n".repeat(50_000))).toBe("HTTP/1.1 431");
    expect(await status(`x: ${"y".repeat(100_000)}\r\n`)).toBe("HTTP/1.1 431");
    expect(upstream.asked).toEqual([]);
  });
});

describe("a call of a tool", () => {
  it.each([
    ["20,000 levels", `{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}`],
    ["no body", ""],
    ["bytes that are no text", Buffer.from([0, 255, 254, 0])],
  ])("with %s is an effect like any other, and its retry is one", async (_name, body) => {
    begin(answers('{"paid":1}'));
    const headers = { ...json, "idempotency-key": `key of ${_name}` };
    const first = await ask(gateway.port, { path: "/tools/pay/charges", headers, body });
    const again = await ask(gateway.port, { path: "/tools/pay/charges", headers, body });
    expect([first.text, again.text]).toEqual(['{"paid":1}', '{"paid":1}']);
    expect(again.headers["idempotent-replayed"]).toBe("true");
    expect(upstream.asked).toHaveLength(1);
  });
});

describe("a request of 50 MB", () => {
  const words = "All work and no play makes Jack a dull boy. ";
  const large = Buffer.alloc(50_000_000, words).toString("latin1");

  it.concurrent.each([
    ["that posts look at", {}],
    ["that nobody looks at", { posts: [] }],
  ])("%s passes, and its memory comes back", { timeout: 120_000 }, async (_name, more) => {
    let bytes = 0;
    const own = await startRawUpstream(
      ({ outgoing, body }) => {
        bytes = body.length;
        outgoing.writeHead(200, json).end(speakers[0]?.whole);
      },
      { keeps: false },
    );
    const url = { url: own.url };
    const started = await startGatewayProcess({
      upstreams: { openai: url, anthropic: url, gemini: url },
      ...more,
    });
    try {
      const send = async (text: string): Promise<number> => {
        const [chat] = speakers;
        const body = chat?.wholeBody(text) ?? "";
        const got = await ask(started.port, { path: "/v1/chat/completions", headers: json, body });
        expect(got.text).toBe(chat?.whole);
        expect(bytes).toBeGreaterThanOrEqual(body.length);
        return (await started.measure()).heapBytes;
      };
      const before = await send("small");
      await send(large);
      // The next small request takes the place of whatever was kept of the last one.
      expect((await send("small")) - before).toBeLessThan(10 * mebibyte);
    } finally {
      await started.stop();
      await own.close();
    }
  });
});
