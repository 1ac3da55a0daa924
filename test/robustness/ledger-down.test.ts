import { execFileSync } from "node:child_process";
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

  it.runIf(process.platform === "linux")(
    "what of a run could not be recorded is said, its effects wait, and all goes on by itself afterwards",
    { timeout: 120_000 },
    async () => {
      const { gateway, upstream } = await start(paid);
      const { port } = gateway;
      const inRun = (attempt: string): Promise<Got> => {
        const path = `/run/r1/attempt/${attempt}/tools/pay/refund`;
        return ask(port, { path, headers: json, body: "{}" });
      };
      await fillDisk(gateway);

      const [speaker] = speakers as [Speaker];
      upstream.serve = ({ outgoing, body }) =>
        void outgoing
          .writeHead(200, json)
          .end(body.includes("town") ? speaker.whole : speaker.whole.replaceAll("city", "town"));
      const { headers, wholePath, wholeBody } = speaker;
      const turn = await ask(port, { path: `/run/r1${wholePath}`, headers, body: wholeBody("Paris?") });
      expect(turn.status).toBe(200);
      expect(turn.headers["longstop-recorded"]).toBe("false");

      upstream.serve = paid;
      const refunds = (): number => upstream.asked.filter(({ path }) => path === "/refund").length;
      expect(codeIn((await inRun("a")).text)).toBe("ledger_down");
      expect(refunds()).toBe(0);

      execFileSync("prlimit", ["--pid", String(gateway.child.pid), "--fsize=unlimited:unlimited"]);
      const ready = async (): Promise<number> =>
        (await ask(port, { path: "/-/ready", method: "GET" })).status;
      await expect.poll(ready, { timeout: 20_000, interval: 300 }).toBe(200);
      // The run has a hole where the turn was. Its effects have records of their own, so they go on.
      expect((await inRun("a")).status).toBe(200);
      const again = await inRun("b");
      expect([again.status, again.headers["idempotent-replayed"]]).toEqual([200, "true"]);
      expect(refunds()).toBe(1);
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
