import { once } from "node:events";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { LongstopError } from "../../src/exchange/error.ts";
import {
  answerError,
  askedAgainByClient,
  refusedByUpstream,
  UpstreamFailure,
  Upstreams,
  type UpstreamAnswer,
  type UpstreamRequest,
} from "../../src/proxy/upstream.ts";
import { generousTimeouts, targetOf } from "./support/engine-settings.ts";
import { serverIdentity } from "./support/tls.ts";
import { closedPort } from "./support/closed-port.ts";
import { closed, startHttp, startRaw } from "./support/loopback.ts";

function upstreams(
  timeouts: Partial<typeof generousTimeouts | Record<keyof typeof generousTimeouts, number>> = {},
): Upstreams {
  const made = new Upstreams({ ...generousTimeouts, ...timeouts });
  onTestFinished(() => made.close());
  return made;
}

function requestTo(origin: string, more: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    target: targetOf("there", origin),
    method: "POST",
    path: "/x",
    headers: ["content-type", "application/json"],
    body: '{"a":1}',
    signal: new AbortController().signal,
    ...more,
  };
}

/** Lets the pool notice what has become of its connections. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

/** The failure of a request that must not succeed. */
async function failureOf(sending: Promise<UpstreamAnswer>): Promise<UpstreamFailure> {
  const thrown: unknown = await sending.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof UpstreamFailure))
    throw new Error(`expected an UpstreamFailure, got ${String(thrown)}`);
  return thrown;
}

describe("a request to an upstream", () => {
  it("arrives as it was given, and its answer comes back as it was sent", async () => {
    const { origin } = await startHttp(async (request, answer) => {
      const got = await text(request);
      answer.writeHead(207, [
        "X-Got",
        `${request.method} ${request.url} ${got}`,
        "X-Twice",
        "a",
        "x-twice",
        "b",
      ]);
      answer.end("body");
    });
    const answer = await upstreams().send(
      requestTo(origin, {
        target: targetOf("there", origin, "/base"),
        method: "PATCH",
        path: "/a%2Fb?q=1",
        headers: ["X-Mine", "1"],
      }),
    );
    expect(answer.status).toBe(207);
    expect(answer.headers).toEqual(
      expect.arrayContaining(["X-Got", 'PATCH /base/a%2Fb?q=1 {"a":1}', "X-Twice", "a", "x-twice", "b"]),
    );
    expect(await text(answer.body)).toBe("body");
  });

  it("may have no body, bytes, or a stream", async () => {
    const { origin } = await startHttp(async (request, answer) => answer.end(await text(request)));
    const sender = upstreams();
    const echoes = await Promise.all(
      [null, Buffer.from("bytes"), Readable.from([Buffer.from("str"), Buffer.from("eam")])].map(
        async (body) => text((await sender.send(requestTo(origin, { body, headers: [] }))).body),
      ),
    );
    expect(echoes).toEqual(["", "bytes", "stream"]);
  });

  it("gives back header bytes one by one, whatever their encoding", async () => {
    const { origin } = await startRaw((socket) => {
      socket.end(
        Buffer.from(
          "HTTP/1.1 200 OK\r\nX-Name: caf\u00c3\u00a9 \u00e4\r\nContent-Length: 0\r\n\r\n",
          "latin1",
        ),
      );
    });
    const { headers } = await upstreams().send(requestTo(origin));
    expect(headers).toContain("caf\u00c3\u00a9 \u00e4");
  });

  it("follows no redirect and repeats nothing", async () => {
    let requests = 0;
    const { origin } = await startHttp((_request, answer) => {
      requests++;
      answer.writeHead(307, { location: "/elsewhere" }).end();
    });
    expect((await upstreams().send(requestTo(origin))).status).toBe(307);
    expect(requests).toBe(1);
  });
});

describe("a failure that proves that nothing was sent", () => {
  it("is a refused connection", async () => {
    const failure = await failureOf(upstreams().send(requestTo(`http://127.0.0.1:${await closedPort()}`)));
    expect(failure.sent).toBe("no");
    expect(failure.error).toMatchObject({ code: "upstream_unreachable", status: 503, retryAfterSeconds: 5 });
    expect(failure.message).toMatch(/there \(http:.*the connection is refused\. Nothing was sent\./);
  });

  it("is a connection that every address of a name refuses", async () => {
    const failure = await failureOf(upstreams().send(requestTo(`http://localhost:${await closedPort()}`)));
    expect(failure).toMatchObject({ sent: "no", error: { code: "upstream_unreachable" } });
    expect(failure.message).toContain("refused");
  });

  it("is a name that nobody has", async () => {
    const failure = await failureOf(upstreams().send(requestTo("http://nobody.invalid:80")));
    expect(failure).toMatchObject({ sent: "no", error: { code: "upstream_unreachable" } });
    expect(failure.message).toContain("its name is not found");
  });

  it("is an upstream that does not speak TLS", async () => {
    const plain = await startRaw((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const failure = await failureOf(upstreams().send(requestTo(`https://127.0.0.1:${plain.port}`)));
    expect(failure).toMatchObject({ sent: "no", error: { code: "upstream_unreachable", status: 503 } });
  });

  it("is an upstream whose certificate nobody vouches for", async () => {
    const server = createTlsServer(serverIdentity).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const failure = await failureOf(upstreams().send(requestTo(`https://localhost:${port}`)));
    expect(failure).toMatchObject({ sent: "no", error: { code: "upstream_unreachable" } });
    expect(failure.message).toContain("its certificate is not accepted (DEPTH_ZERO_SELF_SIGNED_CERT)");
  });

  it("is an upstream that resets the connection while TLS begins", async () => {
    const { port } = await startRaw((socket) => socket.once("data", () => socket.resetAndDestroy()));
    const failure = await failureOf(upstreams().send(requestTo(`https://127.0.0.1:${port}`)));
    expect(failure).toMatchObject({ sent: "no", error: { code: "upstream_unreachable" } });
  });

  it("is a TLS handshake that does not end in time", async () => {
    const { port } = await startRaw(() => {});
    const failure = await failureOf(
      upstreams({ connectMs: 50 }).send(requestTo(`https://127.0.0.1:${port}`)),
    );
    expect(failure).toMatchObject({ sent: "no", error: { code: "upstream_unreachable" } });
    expect(failure.message).toContain("no connection within the time limit");
  });

  it("is a request that is no HTTP, which a retry would not help", async () => {
    const failure = await failureOf(upstreams().send(requestTo("http://127.0.0.1:9", { path: "/a b" })));
    expect(failure).toMatchObject({ sent: "no", error: { code: "request_malformed", status: 400 } });
  });
});

describe("a failure after which it may have been executed", () => {
  it("is a reset once the request was read", async () => {
    const { origin } = await startRaw((socket) => socket.once("data", () => socket.resetAndDestroy()));
    const failure = await failureOf(upstreams().send(requestTo(origin)));
    expect(failure).toMatchObject({ sent: "maybe", error: { code: "upstream_cut" } });
  });

  it("is a close before the headers are whole", async () => {
    const { origin } = await startRaw((socket) =>
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nX-")),
    );
    const failure = await failureOf(upstreams().send(requestTo(origin)));
    expect(failure).toMatchObject({ sent: "maybe", error: { code: "upstream_cut" } });
  });

  it("is no answer in time, by the general limit or by the request's own", async () => {
    const { origin } = await startRaw(() => {});
    const general = await failureOf(upstreams({ headersMs: 50 }).send(requestTo(origin)));
    expect(general).toMatchObject({ sent: "maybe", error: { code: "upstream_timeout", status: 400 } });
    const own = await failureOf(upstreams().send(requestTo(origin, { headersMs: 50 })));
    expect(own).toMatchObject({ sent: "maybe", error: { code: "upstream_timeout" } });
  });

  it.each([
    "garbage that is not HTTP\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    "\x16\x03\x01",
  ])("is an answer that is not HTTP: %j", async (words) => {
    const { origin } = await startRaw((socket) => socket.once("data", () => socket.write(words)));
    const failure = await failureOf(upstreams().send(requestTo(origin)));
    expect(failure).toMatchObject({ sent: "maybe", error: { code: "upstream_unreadable", status: 502 } });
  });

  it("is headers without end", async () => {
    const { origin } = await startRaw((socket) =>
      socket.once("data", () =>
        socket.write(`HTTP/1.1 200 OK\r\n${`X-Long: ${"x".repeat(1_000)}\r\n`.repeat(200)}`),
      ),
    );
    const failure = await failureOf(upstreams().send(requestTo(origin)));
    expect(failure).toMatchObject({ sent: "maybe", error: { code: "upstream_unreadable" } });
  });

  it("is a caller that went away", async () => {
    const { origin } = await startRaw(() => {});
    const left = new AbortController();
    const sending = failureOf(upstreams().send(requestTo(origin, { signal: left.signal })));
    setTimeout(() => left.abort(new Error("gone")), 20);
    expect((await sending).sent).toBe("maybe");
  });

  it("is a kept connection that the upstream closed on reading the next request, which is not repeated", async () => {
    let requests = 0;
    const server = await startRaw((socket) => {
      socket.on("data", () => {
        if (++requests === 2) return socket.destroy();
        return socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=60\r\n\r\nok");
      });
    });
    const sender = upstreams();
    expect(await text((await sender.send(requestTo(server.origin))).body)).toBe("ok");
    await settled();
    const failure = await failureOf(sender.send(requestTo(server.origin)));
    expect(failure).toMatchObject({ sent: "maybe", error: { code: "upstream_cut" } });
    expect(requests).toBe(2);
    expect(server.connections).toHaveLength(1);
  });
});

describe("a kept connection", () => {
  it("is used again, and replaced once the upstream closed it in between", async () => {
    const server = await startHttp((_request, answer) => answer.end("ok"));
    const sender = upstreams();
    const ask = async (): Promise<string> => text((await sender.send(requestTo(server.origin))).body);
    await ask();
    await settled();
    await ask();
    await settled();
    expect(server.connections).toHaveLength(1);
    const [first] = server.connections;
    first?.end();
    await closed(first);
    await settled();
    expect(await ask()).toBe("ok");
    expect(server.connections).toHaveLength(2);
  });

  it("is not left behind by a failure", async () => {
    const { origin, connections } = await startRaw((socket) =>
      socket.once("data", () => socket.write("garbage\r\n\r\n")),
    );
    await failureOf(upstreams().send(requestTo(origin)));
    await closed(connections[0]);
    expect(connections).toHaveLength(1);
  });
});

const bodyError = async (write: string, timeouts = {}): Promise<LongstopError> => {
  const { origin } = await startRaw((socket) => socket.once("data", () => socket.write(write)));
  const answer = await upstreams(timeouts).send(requestTo(origin));
  const thrown: unknown = await text(answer.body).then(
    () => new Error("it did not fail"),
    (error: unknown) => error,
  );
  return answerError(thrown, targetOf("there", origin));
};

describe("the body of an answer", () => {
  it("that stalls is a timeout", async () => {
    const error = await bodyError("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", { idleMs: 50 });
    expect(error).toMatchObject({ code: "upstream_timeout", detail: { upstream: "there" } });
  });

  it("that breaks off is cut, also where its chunks have no end", async () => {
    for (const head of ["Content-Length: 9\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"]) {
      const { origin } = await startRaw((socket) =>
        socket.once("data", () => socket.end(`HTTP/1.1 200 OK\r\n${head}`)),
      );
      const answer = await upstreams().send(requestTo(origin));
      const thrown: unknown = await text(answer.body).catch((error: unknown) => error);
      expect(answerError(thrown, targetOf("there", origin))).toMatchObject({
        code: "upstream_cut",
        status: 502,
      });
    }
  });

  it("that nobody wants can be closed without an error that nobody hears", async () => {
    const { origin, connections } = await startRaw((socket) =>
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")),
    );
    const answer = await upstreams().send(requestTo(origin));
    answer.body.destroy();
    await closed(connections[0]);
    expect(connections).toHaveLength(1);
  });
});

describe("what a caller is told of a broken answer", () => {
  const there = targetOf("there", "http://there.test");

  it("is what was thrown, where that has words already", () => {
    const ours = new LongstopError("held_too_much", "Too much.");
    expect(answerError(ours, there)).toBe(ours);
    expect(answerError(new UpstreamFailure("no", ours, null), there)).toBe(ours);
  });

  it.each([
    ["UND_ERR_BODY_TIMEOUT", "upstream_timeout"],
    ["HPE_INVALID_CHUNK_SIZE", "upstream_unreadable"],
    ["Z_DATA_ERROR", "upstream_encoding"],
    ["ERR_BROTLI_DECODER_ERROR", "upstream_encoding"],
    ["ZSTD_error_prefix_unknown", "upstream_encoding"],
    ["ECONNRESET", "upstream_cut"],
    ["anything", "upstream_cut"],
  ])("goes by the cause: %s is %s", (code, ours) => {
    const cause = Object.assign(new Error("inner"), { code });
    expect(answerError(cause, there).code).toBe(ours);
    expect(answerError(new Error("outer", { cause }), there).code).toBe(ours);
  });

  it("is never the words of the failure, which belong in the log", () => {
    const error = answerError(new Error("secret"), there);
    expect(error.message).not.toContain("secret");
    expect(error.cause).toMatchObject({ message: "secret" });
    expect(answerError("thrown without being an error", there).code).toBe("upstream_cut");
  });
});

const failed = (code: "upstream_cut" | "upstream_timeout"): UpstreamFailure =>
  new UpstreamFailure(
    "maybe",
    new LongstopError(code, "It broke.", { detail: { upstream: "there" } }),
    "cause",
  );

describe("whether a client may send a request to a model again by itself", () => {
  it("is yes where the connection broke before any answer, which had no effect", () => {
    expect(askedAgainByClient(failed("upstream_cut"))).toMatchObject({
      sent: "maybe",
      cause: "cause",
      error: { code: "upstream_cut", message: "It broke.", retryable: true, detail: { upstream: "there" } },
    });
  });

  it("is left as it was for everything else", () => {
    for (const thrown of [failed("upstream_timeout"), new LongstopError("upstream_cut", "x"), "text"]) {
      expect(askedAgainByClient(thrown)).toBe(thrown);
    }
  });

  it.each([
    [200, { status: 502 }],
    [302, { status: 502 }],
    [400, { status: 400, retryable: false }],
    [408, { status: 408, retryable: true }],
    [409, { status: 409, retryable: true }],
    [422, { status: 422, retryable: false }],
    [429, { status: 429, retryable: true }],
    [500, { status: 500, retryable: true }],
    [529, { status: 529, retryable: true }],
  ])("goes by the status of an upstream that refused: %i", (status, options) => {
    expect(refusedByUpstream({ status, headers: [] })).toEqual(options);
  });

  it.each([
    ["7", 7],
    ["90", 60],
  ])("waits as long as the upstream wants, and never long: %s seconds", (wanted, retryAfterSeconds) => {
    const refused = refusedByUpstream({ status: 429, headers: ["Retry-After", wanted] });
    expect(refused.retryAfterSeconds).toBe(retryAfterSeconds);
  });

  it.each(["0", "soon", "Tue, 24 Nov 2026 06:00:00 GMT"])("takes no wait from %j", (wanted) => {
    expect(refusedByUpstream({ status: 503, headers: ["retry-after", wanted] })).toEqual({
      status: 503,
      retryable: true,
    });
  });
});
