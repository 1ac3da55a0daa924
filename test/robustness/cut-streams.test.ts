import type { Agent } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";
import { head, startRawUpstream, eventStream, type Asked, type RawUpstream } from "./support/raw-upstream.ts";
import { codeIn, speakers, streamOf, type Speaker } from "./support/speakers.ts";
import { ask, keptConnections, type Got } from "./support/wire-client.ts";

/** How a stream ends that was to go on. */
type Cut = (asked: Asked, sent: Buffer) => void;

/** `step`: the bytes from one place of a cut to the next. */
const cuts: Readonly<Record<string, { readonly cut: Cut; readonly step: number }>> = {
  "by a reset": {
    step: 1,
    cut({ socket }, sent) {
      const begun = head(eventStream, "transfer-encoding: chunked");
      const piece = sent.length === 0 ? "" : `${sent.length.toString(16)}\r\n${sent.toString("latin1")}\r\n`;
      socket.write(begun + piece, "latin1", () => socket.resetAndDestroy());
    },
  },
  // As a proxy in between ends it that lost its own upstream: nothing in HTTP says that more was to come.
  "by a proper end of its body": {
    step: 1,
    cut({ outgoing }, sent) {
      outgoing.writeHead(200, { "content-type": eventStream }).end(sent);
    },
  },
  "by the end of a connection that was to end its body": {
    step: 11,
    cut: ({ socket }, sent) =>
      void socket.end(Buffer.concat([Buffer.from(head(eventStream, "connection: close")), sent])),
  },
  "by the end of the connection inside a chunk": {
    step: 11,
    cut({ socket }, sent) {
      const begun = head(eventStream, "transfer-encoding: chunked");
      socket.end(`${begun}ffff\r\n${sent.toString("latin1")}`, "latin1");
    },
  },
};

const atOnce = 16;

describe.each(speakers)("a stream of $name that is cut", (speaker) => {
  let gateway: RunningGateway;
  let upstream: RawUpstream;
  let agent: Agent;
  beforeAll(async () => {
    upstream = await startRawUpstream(() => {}, { keeps: false });
    const url = { url: upstream.url };
    gateway = await startTestGateway({ upstreams: { openai: url, anthropic: url, gemini: url } });
    agent = keptConnections();
  });
  afterAll(async () => {
    agent.destroy();
    await gateway.stop();
    await upstream.close();
  });

  const { bytes, wholeFrom } = streamOf(speaker);
  const body = speaker.body("Weather in Paris?");

  async function cutAt(length: number, cut: Cut): Promise<Got> {
    // The place of the cut goes along in a header, so that many can be under way at once.
    upstream.serve = (asked) => cut(asked, bytes.subarray(0, Number(asked.incoming.headers["x-cut-at"])));
    const headers = { ...speaker.headers, "x-cut-at": String(length) };
    return ask(gateway.port, { path: speaker.path, headers, body }, agent);
  }

  it.each(Object.entries(cuts))(
    "%s, at any byte: no call, and no clean end",
    async (_name, { cut, step }) => {
      const places = Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) => index * step);
      const faults: string[] = [];
      const next = places.values();
      const work = async (): Promise<void> => {
        for (const place of next) {
          const fault = faultOf(speaker, await cutAt(place, cut), place >= wholeFrom);
          if (fault !== null) faults.push(`cut at ${place} of ${bytes.length}: ${fault}`);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, work));
      expect(faults).toEqual([]);
    },
  );

  it("would be released if it came whole", async () => {
    const got = await cutAt(bytes.length, cuts["by a proper end of its body"]?.cut ?? (() => {}));
    expect(got).toMatchObject({ status: 200, whole: true });
    expect(got.text).toBe(bytes.toString());
  });
});

/** What is wrong with an answer to a client whose stream was cut. Null where nothing is. */
function faultOf(speaker: Speaker, got: Got, mayBeWhole: boolean): string | null {
  const hasCall = got.text.includes("get_weather") || got.text.includes("Paris");
  const isError = got.status !== 200 || speaker.errorEvent.test(got.text);
  if (mayBeWhole) {
    // All of the turn was there: it may be released, and then all of it, or refused.
    if (hasCall !== isError) return null;
    return hasCall ? "a call and an error" : "neither the call nor an error";
  }
  if (hasCall) return `a call left: ${got.text.slice(-200)}`;
  if (!got.whole) return null;
  if (!isError) return `a clean end: ${got.text.slice(-200)}`;
  const code = codeIn(got.text);
  return code === "upstream_cut" ? null : `the code ${code}: ${got.text.slice(-200)}`;
}
