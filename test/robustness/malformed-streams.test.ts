import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";
import { eventStream, head, startRawUpstream, type RawUpstream } from "./support/raw-upstream.ts";
import { codeIn, speakers, type Speaker } from "./support/speakers.ts";
import { ask, connected, received, requestBytes, type Got } from "./support/wire-client.ts";

let upstream: RawUpstream;
let gateway: RunningGateway;
beforeAll(async () => {
  upstream = await startRawUpstream();
  const url = { url: upstream.url };
  gateway = await startTestGateway({ upstreams: { openai: url, anthropic: url, gemini: url } });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

function sendsStream(bytes: Uint8Array | string, headers: Readonly<Record<string, string>> = {}): void {
  upstream.serve = ({ outgoing }) =>
    void outgoing.writeHead(200, { "content-type": eventStream, ...headers }).end(bytes);
}

function asked({ path, headers, body }: Speaker): Promise<Got> {
  return ask(gateway.port, { path, headers, body: body("Weather in Paris?") });
}

/** The stream with something in the place of one frame. */
function withFrame({ frames }: Speaker, at: number, frame: Uint8Array | string): Buffer {
  const around = [frames.slice(0, at).join(""), frame, frames.slice(at + 1).join("")];
  return Buffer.concat(around.map((piece) => Buffer.from(piece as string)));
}

/** The code of a refusal, where no call left and the protocol's own words say so; else what came. */
function refusalIn(speaker: Speaker, got: Got): string {
  const words = got.status === 200 ? speaker.errorEvent : /^\{.*"error"/;
  const code = codeIn(got.text);
  if (code === null || got.text.includes("get_weather") || !words.test(got.text)) return got.text;
  return code;
}

describe.each(speakers)("a stream of $name", (speaker) => {
  const { frames, textFrame, callFrame } = speaker;
  const stream = frames.join("");

  it.each([
    ["in CRLF", stream.replaceAll("\n", "\r\n")],
    ["in bare CR", stream.replaceAll("\n", "\r")],
    ["behind a byte order mark", `\ufeff${stream}`],
    ["with NUL bytes in a comment", `: \0\0\0\n\n${stream}`],
    [
      "with bytes that are not UTF-8 inside a text",
      withFrame(
        speaker,
        textFrame,
        Buffer.from(frames[textFrame]?.replace("see", "s\xff\xfee") ?? "", "latin1"),
      ),
    ],
  ])("%s reaches the client as the bytes that came, call included", async (_name, bytes) => {
    sendsStream(bytes);
    const got = await asked(speaker);
    expect(got.body.toString("latin1")).toBe(Buffer.from(bytes as string).toString("latin1"));
    expect(got).toMatchObject({ status: 200, whole: true });
  });

  it("with comments between its events keeps all of both, though comments do not wait for calls", async () => {
    sendsStream(`: hi\n\n\n\n${frames.join(": ping\n\nid: 1\nretry: 5\n\n")}`);
    const got = await asked(speaker);
    expect(got.text.replaceAll(/(?:^(?:: \w+|id: 1\nretry: 5)\n|^)\n/gm, "")).toBe(
      stream.replaceAll("\n\n", "\n"),
    );
    expect(got.text.split(": ping")).toHaveLength(frames.length);
  });

  it("that comes, and is asked for, byte by byte is the same", async () => {
    upstream.serve = async ({ outgoing, socket }) => {
      socket.setNoDelay(true);
      outgoing.writeHead(200, { "content-type": eventStream });
      for (const byte of Buffer.from(stream)) {
        outgoing.write(Buffer.of(byte));
        if (byte % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      outgoing.end();
    };
    const client = await connected(gateway.port);
    const { path, headers } = speaker;
    const body = speaker.body("Weather in Paris?");
    for (const byte of requestBytes({ path, headers: { ...headers, connection: "close" }, body })) {
      client.write(Buffer.of(byte));
      if (byte % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const text = await received(client);
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    // What is held leaves in pieces of its own, and chunks have a length before them.
    expect(text.replaceAll(/\r\n[\da-f]+\r\n/g, "")).toContain(frames[callFrame]);
  });

  it.each([
    ["no JSON", "data: {nope\n\n"],
    ["a NUL byte", 'data: {"a":"\0"}\n\n'],
    ["bytes that are not UTF-8, outside of a text", Buffer.from("data: \xff\xfe{}\n\n", "latin1")],
    ["twenty thousand levels", `data: ${"[".repeat(20_000)}${"]".repeat(20_000)}\n\n`],
  ])("with %s in the place of a call is refused, and nothing is released", async (_name, frame) => {
    sendsStream(withFrame(speaker, callFrame, frame));
    expect(refusalIn(speaker, await asked(speaker))).toBe("upstream_unreadable");
  });

  it.each(["null", "5", '"text"', "[]", "{}", "true"])(
    "with data that is %s in the place of its last frame is not whole",
    async (value) => {
      sendsStream(`${frames.slice(0, speaker.terminal).join("")}data: ${value}\n\n`);
      const got = await asked(speaker);
      expect(got.text).not.toContain("get_weather");
      expect(["upstream_cut", "upstream_unreadable"]).toContain(codeIn(got.text));
    },
  );

  it("with a line longer than any event may be is refused, and is not kept in memory", async () => {
    const piece = Buffer.alloc(1024 * 1024, "x");
    upstream.serve = async ({ outgoing }) => {
      outgoing.writeHead(200, { "content-type": eventStream });
      outgoing.write(frames.slice(0, textFrame + 1).join(""));
      outgoing.write("data: ");
      const gone = once(outgoing, "close");
      for (let sent = 0; sent < 64 && !outgoing.destroyed; sent++) {
        if (!outgoing.write(piece)) await Promise.race([once(outgoing, "drain"), gone]);
      }
    };
    const got = await asked(speaker);
    expect(got.text).toMatch(speaker.errorEvent);
    expect(got.text).toContain("larger than 16777216 bytes");
    expect(codeIn(got.text)).toBe("upstream_unreadable");
    expect(got.text.length).toBeLessThan(10_000);
  });

  it("under an unknown content coding is refused", async () => {
    sendsStream(stream, { "content-encoding": "x-secret" });
    expect(refusalIn(speaker, await asked(speaker))).toBe("upstream_encoding");
  });

  it("that is no gzip although it says so is refused", async () => {
    sendsStream(stream, { "content-encoding": "gzip" });
    expect(refusalIn(speaker, await asked(speaker))).toBe("upstream_encoding");
  });

  it.each(["application/json", "text/html; charset=utf-8", "text/plain", ""])(
    "that calls itself %j is refused, and no call passes unseen",
    async (type) => {
      upstream.serve = ({ outgoing }) =>
        void outgoing.writeHead(200, type === "" ? {} : { "content-type": type }).end(stream);
      expect(refusalIn(speaker, await asked(speaker))).toBe("upstream_unreadable");
    },
  );

  it("that is a whole answer under the name of a stream is not taken for one", async () => {
    sendsStream(speaker.whole);
    const got = await asked(speaker);
    expect(got.text).not.toContain("get_weather");
    expect(codeIn(got.text)).not.toBeNull();
  });

  it("with a length that is too long is cut", async () => {
    upstream.serve = ({ socket }) =>
      void socket.end(
        head(eventStream, `content-length: ${stream.length + 10}`) + frames.slice(0, -1).join(""),
      );
    const got = await asked(speaker);
    expect(got.text).not.toContain("get_weather");
    expect(codeIn(got.text)).toBe("upstream_cut");
  });

  it("with bytes behind its length gives none of them to whoever asks next", async () => {
    const stray = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5\r\n\r\n"old"';
    upstream.serve = ({ socket }) =>
      void socket.write(head(eventStream, `content-length: ${stream.length}`) + stream + stray);
    expect((await asked(speaker)).text).toBe(stream);
    sendsStream(stream);
    const next = await Promise.all([asked(speaker), asked(speaker)]);
    expect(next.map(({ text }) => text)).toEqual([stream, stream]);
  });
});

describe("an upstream that repeats itself", () => {
  it.each(speakers)("behind the end of $name adds no call to the turn", async (speaker) => {
    const stream = speaker.frames.join("");
    const again = speaker.frames.slice(speaker.callFrame).join("").replaceAll("Paris", "Oslo");
    sendsStream(stream + again);
    const got = await asked(speaker);
    // Judged with the turn, or read by nobody: never sent without having been judged.
    expect(got.text.includes("Oslo") && !got.text.includes("Paris")).toBe(false);
  });
});
