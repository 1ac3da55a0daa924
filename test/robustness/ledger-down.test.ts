import { afterEach, describe, expect, it } from "vitest";
import { startGatewayProcess, type GatewayProcess } from "./support/gateway-process.ts";
import { eventStream, startRawUpstream, type Asked, type RawUpstream } from "./support/raw-upstream.ts";
import { codeIn, speakers, type Speaker } from "./support/speakers.ts";
import { ask, type Got } from "./support/wire-client.ts";

const json = { "content-type": "application/json" };
/** Blocks of 512 bytes that any file of the gateway may have: the ledger's log is soon larger. */
const fileBlocksMax = 1024;

let site: { readonly gateway: GatewayProcess; readonly upstream: RawUpstream } | null = null;
afterEach(async () => {
  await site?.gateway.stop();
  await site?.upstream.close();
  site = null;
});

/** A gateway in a process of its own, whose disk is full after half a megabyte. */
async function start(serve: (asked: Asked) => void): Promise<NonNullable<typeof site>> {
  const upstream = await startRawUpstream(serve);
  const url = { url: upstream.url };
  const gateway = await startGatewayProcess(
    { upstreams: { openai: url, anthropic: url, gemini: url }, tools: { pay: url }, log: { level: "error" } },
    { fileBlocksMax },
  );
  return (site = { gateway, upstream });
}

function asked(gateway: GatewayProcess, { path, headers, body }: Speaker): Promise<Got> {
  return ask(gateway.port, { path, headers, body: body("Weather in Paris?") });
}

let charges = 0;
function charge(gateway: GatewayProcess): Promise<Got> {
  const body = JSON.stringify({ amount: ++charges });
  return ask(gateway.port, { path: "/tools/pay/charges", headers: json, body });
}

async function fillDisk(gateway: GatewayProcess): Promise<Got> {
  for (let tries = 0; tries < 200; tries++) {
    const got = await charge(gateway);
    if (got.status !== 200) return got;
  }
  throw new Error("the disk never got full");
}

const wrongThenRight =
  (speaker: Speaker) =>
  ({ outgoing, body }: Asked): void => {
    const stream = speaker.frames.join("");
    outgoing.writeHead(200, { "content-type": eventStream });
    outgoing.end(body.includes("town") ? stream : stream.replaceAll("city", "town"));
  };
const paid = ({ outgoing }: Asked): void =>
  void outgoing.writeHead(200, json).end(`{"paid":"${"x".repeat(20_000)}"}`);

describe("while the ledger's disk is full", () => {
  it(
    "no effect is dispatched, and streams with calls are judged, repaired and released",
    { timeout: 60_000 },
    async () => {
      const { gateway, upstream } = await start(paid);
      await fillDisk(gateway);
      const before = upstream.asked.length;
      const refused = await charge(gateway);
      expect(refused.status).toBe(503);
      expect(refused.headers["retry-after"]).toBe("5");
      expect(codeIn(refused.text)).toBe("ledger_down");
      expect(upstream.asked).toHaveLength(before);
      expect((await ask(gateway.port, { path: "/-/ready", method: "GET" })).status).toBe(503);
      expect((await ask(gateway.port, { path: "/-/health", method: "GET" })).status).toBe(200);

      for (const speaker of speakers) {
        const stream = speaker.frames.join("");
        upstream.serve = ({ outgoing }) =>
          void outgoing.writeHead(200, { "content-type": eventStream }).end(stream);
        expect((await asked(gateway, speaker)).text).toBe(stream);

        upstream.serve = wrongThenRight(speaker);
        const repaired = await asked(gateway, speaker);
        expect(repaired.text).toContain("get_weather");
        expect(repaired.text).not.toContain("town");
        // The next request cannot be given its true words again, and the answer says so.
        expect(repaired.text).toContain('"recorded":false');
      }
    },
  );

  it(
    "an effect that ran meanwhile is never said to be done, and never done twice",
    { timeout: 60_000 },
    async () => {
      const held: Asked[] = [];
      const { gateway, upstream } = await start((one) => {
        if (one.path === "/slow") held.push(one);
        else paid(one);
      });
      const slow = { path: "/tools/pay/slow", headers: { ...json, "idempotency-key": "k1" }, body: "{}" };
      const running = ask(gateway.port, slow);
      await expect.poll(() => held.length).toBe(1);
      await fillDisk(gateway);
      held[0]?.outgoing.writeHead(200, json).end('{"done":1}');
      const got = await running;
      expect(got.status).toBe(400);
      expect(got.headers["x-should-retry"]).toBe("false");
      expect(codeIn(got.text)).toBe("outcome_unknown");
      expect(got.text).not.toContain('"done"');
      expect(upstream.asked.filter(({ path }) => path === "/slow")).toHaveLength(1);
    },
  );
});
