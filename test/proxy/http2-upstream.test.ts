import { constants, type ServerHttp2Stream } from "node:http2";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { answerError, UpstreamFailure, Upstreams, type UpstreamRequest } from "../../src/proxy/upstream.ts";
import { generousTimeouts, targetOf } from "./support/engine-settings.ts";
import { startHttp2 } from "./support/http2-server.ts";
import { startHttp, startRaw } from "./support/loopback.ts";
import { trustTestCertificate } from "./support/tls.ts";

trustTestCertificate();

function upstreams(timeouts: Partial<Record<keyof typeof generousTimeouts, number>> = {}): Upstreams {
  const made = new Upstreams({ ...generousTimeouts, ...timeouts });
  onTestFinished(() => made.close());
  return made;
}

function requestTo(origin: string, more: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    target: { ...targetOf("there", origin, "/base"), http2: true },
    method: "POST",
    path: "/x?q=1",
    headers: ["Content-Type", "application/json"],
    body: '{"a":1}',
    signal: new AbortController().signal,
    ...more,
  };
}

async function failureOf(sending: Promise<unknown>): Promise<UpstreamFailure> {
  const thrown: unknown = await sending.then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown instanceof UpstreamFailure) return thrown;
  throw new Error(`expected an UpstreamFailure, got ${String(thrown)}`);
}

function echo(stream: ServerHttp2Stream): void {
  stream.respond({ ":status": 200, "content-type": "text/plain", "set-cookie": ["a=1", "b=2"] });
  stream.pipe(stream);
}

describe("an upstream that speaks HTTP/2", () => {
  it("is spoken to over it, with what it is sent and what it says unchanged", async () => {
    const server = await startHttp2(echo);
    const sender = upstreams();
    const bodies = ["text", Buffer.from("bytes"), Readable.from([Buffer.from("str"), Buffer.from("eam")])];
    for (const body of bodies) {
      const answer = await sender.send(requestTo(server.origin, { body, headers: ["X-Mine", "1"] }));
      expect(answer.status).toBe(200);
      expect(answer.headers).toEqual(
        expect.arrayContaining(["content-type", "text/plain", "set-cookie", "a=1", "set-cookie", "b=2"]),
      );
      expect(await text(answer.body)).toMatch(/^(?:text|bytes|stream)$/);
    }
    expect(server.sessions).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({ ":method": "POST", ":path": "/base/x?q=1", "x-mine": "1" });
  });

  it("is spoken to over HTTP/1.1 where it does not offer it, or where it was not asked for", async () => {
    const { createServer } = await import("node:https");
    const { serverIdentity } = await import("./support/tls.ts");
    const versions: string[] = [];
    const server = createServer(serverIdentity, (request, answer) => {
      versions.push(request.httpVersion);
      answer.end("ok");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as { port: number };
    const answer = await upstreams().send(requestTo(`https://localhost:${port}`));
    expect(String(await answer.whole(10, () => new Error("too much")))).toBe("ok");
    expect(versions).toEqual(["1.1"]);
    const only2 = await startHttp2(echo);
    const off = await failureOf(
      upstreams().send(requestTo(only2.origin, { target: targetOf("there", only2.origin) })),
    );
    expect(off).toMatchObject({ sent: "no", error: { code: "upstream_unreachable" } });
  });

  it("gets names in lower case, and a name that stands twice once, whatever the client wrote", async () => {
    const server = await startHttp2(echo);
    const headers = ["Content-Type", "a/b", "content-type", "c/d", "X-A", "1", "x-a", "2", "Cookie", "c=1"];
    const sender = upstreams();
    await (await sender.send(requestTo(server.origin, { headers }))).whole(100, () => new Error("too much"));
    expect(server.requests[0]).toMatchObject({ "content-type": "a/b, c/d", "x-a": "1, 2", cookie: "c=1" });
    expect(server.sessions.map(({ destroyed }) => destroyed)).toEqual([false]);
  });

  it("carries many streams at a time, more than it takes at once too", async () => {
    const server = await startHttp2(
      (stream) => {
        stream.respond({ ":status": 200 });
        setTimeout(() => stream.end(String(stream.id)), 5);
      },
      { maxConcurrentStreams: 20 },
    );
    const sender = upstreams();
    const answers = await Promise.all(
      Array.from({ length: 150 }, async () => text((await sender.send(requestTo(server.origin))).body)),
    );
    expect(answers.every((answer) => /^\d+$/.test(answer))).toBe(true);
    expect(server.requests).toHaveLength(150);
  });

  it("streams event by event, and a reader that stops holds no other stream up", async () => {
    const chunk = Buffer.alloc(64 * 1024);
    const server = await startHttp2((stream, { ":path": path }) => {
      stream.respond({ ":status": 200 });
      if (path === "/base/small") return void stream.end("small");
      const more = (): void => {
        while (!stream.destroyed && stream.write(chunk));
      };
      stream.on("drain", more);
      more();
    });
    const sender = upstreams();
    const stalled = await Promise.all(
      Array.from({ length: 8 }, () => sender.send(requestTo(server.origin, { path: "/large" }))),
    );
    for (let i = 0; i < 5; i++) {
      const { body } = await sender.send(requestTo(server.origin, { path: "/small" }));
      expect(await text(body)).toBe("small");
    }
    for (const answer of stalled) answer.discard();
    expect(server.sessions).toHaveLength(1);
  });
});

describe("what goes wrong over HTTP/2", () => {
  it("is sent a second time, once, where the upstream says that it did not begin it", async () => {
    const server = await startHttp2((stream, _headers, count) => {
      if (count === 1) stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else echo(stream);
    });
    const answer = await upstreams().send(requestTo(server.origin));
    expect(await text(answer.body)).toBe('{"a":1}');
    expect(server.requests).toHaveLength(2);
  });

  it("is a proof that nothing was done, where the upstream refuses it twice or it cannot be sent again", async () => {
    const server = await startHttp2((stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM));
    const sender = upstreams();
    const twice = await failureOf(sender.send(requestTo(server.origin)));
    expect(twice).toMatchObject({ sent: "no", error: { code: "upstream_unreachable", status: 503 } });
    expect(server.requests).toHaveLength(2);
    const streamed = await failureOf(
      sender.send(requestTo(server.origin, { body: Readable.from([Buffer.from("once")]) })),
    );
    expect(streamed).toMatchObject({ sent: "no", error: { code: "upstream_unreachable" } });
    expect(server.requests).toHaveLength(3);
  });

  it("may have been executed for every other reset, and is not sent again", async () => {
    const server = await startHttp2((stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    const failure = await failureOf(upstreams().send(requestTo(server.origin)));
    expect(failure).toMatchObject({ sent: "maybe", error: { code: "upstream_cut" } });
    expect(server.requests).toHaveLength(1);
  });

  it("ends what a GOAWAY leaves out, keeps what it names, and goes on over another connection", async () => {
    const server = await startHttp2((stream, _headers, count) => {
      if (count !== 2) return setTimeout(() => !stream.destroyed && echo(stream), 50);
      // Only the first stream was begun.
      stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 1);
    });
    const sender = upstreams();
    const first = sender.send(requestTo(server.origin, { body: "first" }));
    await expect.poll(() => server.requests.length).toBe(1);
    const second = sender.send(requestTo(server.origin, { body: "second" }));
    expect(await text((await first).body)).toBe("first");
    expect(await text((await second).body)).toBe("second");
    expect(server.sessions).toHaveLength(2);
    expect(server.requests).toHaveLength(3);
  });

  it("breaks every stream of a connection that dies, once, and the next request makes a new one", async () => {
    const server = await startHttp2((stream, _headers, count) => {
      if (count > 3) return echo(stream);
      stream.respond({ ":status": 200 });
      stream.write("half");
      if (count === 3) setTimeout(() => stream.session?.destroy(), 20);
    });
    const sender = upstreams();
    const answers = await Promise.all([1, 2, 3].map(() => sender.send(requestTo(server.origin))));
    for (const answer of answers) {
      const thrown: unknown = await text(answer.body).catch((cause: unknown) => cause);
      expect(answerError(thrown, answer.target)).toMatchObject({ code: "upstream_cut" });
    }
    expect(await text((await sender.send(requestTo(server.origin))).body)).toBe('{"a":1}');
    expect(server.requests).toHaveLength(4);
  });

  it("is not executed again where the connection dies before the headers", async () => {
    const server = await startHttp2((stream) => setTimeout(() => stream.session?.destroy(), 20));
    const sender = upstreams();
    const failures = await Promise.all([1, 2].map(() => failureOf(sender.send(requestTo(server.origin)))));
    for (const failure of failures) expect(failure).toMatchObject({ sent: "maybe" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.requests).toHaveLength(2);
  });

  it("is a timeout where the headers, or the next piece, do not come, and others go on", async () => {
    const server = await startHttp2((stream, { ":path": path }) => {
      if (path === "/base/headers") return;
      stream.respond({ ":status": 200 });
      stream.write("half");
      if (path !== "/base/body") stream.end();
    });
    const sender = upstreams({ headersMs: 100, idleMs: 100 });
    const late = await failureOf(sender.send(requestTo(server.origin, { path: "/headers" })));
    expect(late).toMatchObject({ sent: "maybe", error: { code: "upstream_timeout" } });
    const stalled = await sender.send(requestTo(server.origin, { path: "/body" }));
    const thrown: unknown = await text(stalled.body).catch((cause: unknown) => cause);
    expect(answerError(thrown, stalled.target)).toMatchObject({ code: "upstream_timeout" });
    expect(await text((await sender.send(requestTo(server.origin, { path: "/ok" }))).body)).toBe("half");
  });

  it("resets the one stream whose client left", async () => {
    const resets: number[] = [];
    const server = await startHttp2((stream, _headers, count) => {
      stream.on("close", () => resets.push(stream.rstCode));
      if (count > 1) return echo(stream);
      stream.respond({ ":status": 200 });
      stream.write("half");
    });
    const sender = upstreams();
    const leaving = new AbortController();
    const answer = await sender.send(requestTo(server.origin, { signal: leaving.signal }));
    leaving.abort(new Error("gone"));
    await expect(text(answer.body)).rejects.toThrow("gone");
    await expect.poll(() => resets.length).toBe(1);
    expect(await text((await sender.send(requestTo(server.origin))).body)).toBe('{"a":1}');
    expect(server.sessions).toHaveLength(1);
  });

  it("is a body that is shorter or longer than it says", async () => {
    const server = await startHttp2((stream) => {
      stream.respond({ ":status": 200, "content-length": 9 });
      stream.end("half");
    });
    const answer = await upstreams().send(requestTo(server.origin));
    const thrown: unknown = await text(answer.body).catch((cause: unknown) => cause);
    expect(answerError(thrown, answer.target)).toMatchObject({ code: "upstream_cut" });
  });

  it("is no TLS: nothing was sent", async () => {
    const plain = await startRaw((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const failure = await failureOf(upstreams().send(requestTo(`https://127.0.0.1:${plain.port}`)));
    expect(failure).toMatchObject({ sent: "no", error: { code: "upstream_unreachable" } });
  });

  it("leaves http upstreams alone", async () => {
    const { origin } = await startHttp((request, answer) => answer.end(request.httpVersion));
    expect(await text((await upstreams().send(requestTo(origin))).body)).toBe("1.1");
  });
});
