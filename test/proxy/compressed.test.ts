import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import * as zlib from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { startTestGateway, type RunningGateway } from "./support/running-gateway.ts";

const codings = {
  gzip: { whole: zlib.gzipSync, open: () => zlib.createGzip(), undo: zlib.gunzipSync },
  deflate: { whole: zlib.deflateSync, open: () => zlib.createDeflate(), undo: zlib.inflateSync },
  br: {
    whole: zlib.brotliCompressSync,
    open: () => zlib.createBrotliCompress(),
    undo: zlib.brotliDecompressSync,
  },
  zstd: {
    whole: zlib.zstdCompressSync,
    open: () => zlib.createZstdCompress(),
    undo: zlib.zstdDecompressSync,
  },
};
type Coding = keyof typeof codings;
const names = Object.keys(codings) as Coding[];

const call = {
  id: "call_1",
  type: "function",
  function: { name: "get_weather", arguments: '{"city":"Paris"}' },
};
const tool = {
  type: "function",
  function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
};
const question = { model: "m", messages: [{ role: "user", content: "Wetter in Köln? ☂" }], tools: [tool] };
const completion = JSON.stringify({
  id: "c1",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "ü", tool_calls: [call] },
      finish_reason: "tool_calls",
    },
  ],
});

function frame(delta: unknown, finish: string | null = null): string {
  return `data: ${JSON.stringify({ id: "c1", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
}
const opening = frame({ role: "assistant", content: "Let me see. " });
const rest = frame({ tool_calls: [{ index: 0, ...call }] }) + frame({}, "tool_calls") + "data: [DONE]\n\n";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Upstream {
  readonly bodies: string[];
  readonly acceptEncodings: (string | undefined)[];
  readonly gateway: RunningGateway;
}

/** An upstream that compresses whatever it was asked for, behind a gateway. */
async function upstreamThat(
  answer: (outgoing: ServerResponse) => Promise<void> | void,
  posts: readonly unknown[],
): Promise<Upstream> {
  const bodies: string[] = [];
  const acceptEncodings: (string | undefined)[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const raw = await buffer(incoming);
    const coding = incoming.headers["content-encoding"] as Coding | undefined;
    bodies.push((coding === undefined ? raw : codings[coding].undo(raw)).toString());
    acceptEncodings.push(incoming.headers["accept-encoding"]?.toString());
    await answer(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = await startTestGateway({ upstreams: { openai: { url } }, posts });
  closers.push(() => gateway.stop());
  return { bodies, acceptEncodings, gateway };
}

const watched = [{ guard: "tool-schema" }];

function ask(
  gateway: RunningGateway,
  body: Buffer | string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: new Uint8Array(Buffer.from(body)),
  });
}

describe.each(names)("%s", (coding) => {
  const { whole, open } = codings[coding];
  const compressedJson = (outgoing: ServerResponse): void => {
    outgoing.writeHead(200, { "content-type": "application/json", "content-encoding": coding });
    outgoing.end(whole(completion));
  };

  it("of a request is undone where the request is looked at, and not where nobody looks", async () => {
    const body = whole(JSON.stringify(question));
    for (const posts of [watched, []]) {
      const { bodies, gateway } = await upstreamThat(compressedJson, posts);
      const answer = await ask(gateway, body, { "content-encoding": coding });
      expect(answer.status).toBe(200);
      expect(bodies).toEqual([JSON.stringify(question)]);
    }
  });

  it("of a whole answer is undone where it is looked at: the client gets the plain bytes", async () => {
    const { acceptEncodings, gateway } = await upstreamThat(compressedJson, watched);
    const answer = await ask(gateway, JSON.stringify(question), { "accept-encoding": "gzip, br, zstd" });
    expect(answer.headers.get("content-encoding")).toBeNull();
    expect(await answer.text()).toBe(completion);
    expect(acceptEncodings).toEqual(["identity"]);
  });

  it("of a stream is undone as it comes: the first words do not wait for the end", async () => {
    const sent: { finish?: () => void } = {};
    const { gateway } = await upstreamThat(async (outgoing) => {
      outgoing.writeHead(200, { "content-type": "text/event-stream", "content-encoding": coding });
      const coder = open();
      coder.pipe(outgoing);
      coder.write(opening);
      coder.flush();
      await new Promise<void>((resolve) => (sent.finish = resolve));
      coder.end(rest);
    }, watched);
    const answer = await ask(gateway, JSON.stringify({ ...question, stream: true }));
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe(opening);
    sent.finish?.();
    let text = "";
    for (let read = await reader.read(); !read.done; read = await reader.read()) text += read.value;
    expect(text).toContain("[DONE]");
    expect(text).toContain("Paris");
  });

  it("that breaks off inside a stream is never a clean end", async () => {
    const { gateway } = await upstreamThat(async (outgoing) => {
      outgoing.writeHead(200, { "content-type": "text/event-stream", "content-encoding": coding });
      const coder = open();
      coder.pipe(outgoing, { end: false });
      coder.write(opening + frame({ tool_calls: [{ index: 0, ...call }] }));
      coder.flush();
      await sleep(20);
      outgoing.end();
    }, watched);
    const text = await (await ask(gateway, JSON.stringify({ ...question, stream: true }))).text();
    expect(text).toContain('"error"');
    expect(text).not.toContain("Paris");
    expect(text).not.toContain("[DONE]");
  });

  it("reaches a client that understands it untouched where nobody looks", async () => {
    const { acceptEncodings, gateway } = await upstreamThat(compressedJson, []);
    const answer = await ask(gateway, JSON.stringify(question), {
      "accept-encoding": "gzip, deflate, br, zstd",
    });
    expect(answer.headers.get("content-encoding")).toBe(coding);
    expect(acceptEncodings).toEqual(["gzip, deflate, br, zstd"]);
    expect(await answer.text()).toBe(completion);
  });

  it("of a request that is none is the client's fault, in a sentence", async () => {
    const { bodies, gateway } = await upstreamThat(compressedJson, watched);
    const answer = await ask(gateway, "not compressed at all", { "content-encoding": coding });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(`not valid ${coding}`);
    expect(bodies).toEqual([]);
  });
});

describe("a compressed request", () => {
  it("that unpacks to more than the limit is refused before it is held in memory", async () => {
    const { bodies, gateway } = await upstreamThat((outgoing) => void outgoing.end(), watched);
    const bomb = zlib.gzipSync(Buffer.alloc(80 * 1024 * 1024, " "));
    const answer = await ask(gateway, bomb, { "content-encoding": "gzip" });
    expect(answer.status).toBe(413);
    expect(await answer.text()).toContain("once decompressed");
    expect(bodies).toEqual([]);
  });

  it("in two codings on top of each other is undone in their order", async () => {
    const { bodies, gateway } = await upstreamThat(
      (outgoing) => void outgoing.writeHead(200, { "content-type": "application/json" }).end(completion),
      watched,
    );
    const body = zlib.gzipSync(zlib.brotliCompressSync(JSON.stringify(question)));
    const answer = await ask(gateway, body, { "content-encoding": "br, gzip" });
    expect(answer.status).toBe(200);
    expect(bodies).toEqual([JSON.stringify(question)]);
  });
});
