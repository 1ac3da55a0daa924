import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startToolServer, type ToolServer } from "../../../examples/tool-server/tool-server.ts";
import { startHttp } from "../support/loopback.ts";
import { type RunningGateway, startTestGateway } from "../support/running-gateway.ts";

let tools: ToolServer;
let gateway: RunningGateway;

async function start(more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  tools = await startToolServer();
  gateway = await startTestGateway({
    posts: [{ guard: "tool-schema" }],
    tools: { pay: { url: tools.url } },
    ...more,
  });
  tools.behave("slow,delayMs=3000");
}
beforeEach(() => start());
afterEach(async () => {
  await gateway.stop();
  await tools.close();
});
async function restart(more: Readonly<Record<string, unknown>>): Promise<void> {
  await gateway.stop();
  await tools.close();
  await start(more);
}

const call = (
  deadline: string,
  { method = "POST", prefix = "" }: { method?: string; prefix?: string } = {},
): Promise<Response> =>
  fetch(`${gateway.url}${prefix}/tools/pay/charges`, {
    method,
    headers: { "content-type": "application/json", "longstop-deadline": deadline },
    ...(method === "GET" ? {} : { body: JSON.stringify({ customer: "c1", amount: 100 }) }),
  });

describe("a call of a tool whose caller says how long it waits", () => {
  it.each(["", "/run/r1"])("is told in time, and its retry gets what came of it (%j)", async (prefix) => {
    const sinceMs = performance.now();
    const first = await call("2", { prefix });
    expect(first.status).toBe(504);
    expect(performance.now() - sinceMs).toBeLessThan(2_000);
    expect(first.headers.get("retry-after")).toBe("1");
    expect(await first.json()).toMatchObject({ code: "deadline_exceeded", status: 504, limit: "total" });
    const second = await call("20", { prefix });
    expect(second.status).toBe(201);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    expect(tools.effects).toHaveLength(1);
    expect(tools.requests[0]?.headers).not.toHaveProperty("longstop-deadline");
  });

  it("goes on, and is recorded, although nobody comes again before it has ended", async () => {
    expect((await call("2")).status).toBe(504);
    await expect.poll(() => tools.effects.length, { timeout: 6_000 }).toBe(1);
    await expect
      .poll(() => gateway.logged.filter(({ what }) => what === "exchange").length, { timeout: 6_000 })
      .toBe(1);
    const second = await call("20");
    expect([second.status, second.headers.get("idempotent-replayed")]).toEqual([201, "true"]);
    expect(tools.effects).toHaveLength(1);
  });

  it("tells a caller that waits for another one's call when its own time is over", async () => {
    const first = call("30", { prefix: "/run/r1" });
    await expect.poll(() => tools.requests.length).toBe(1);
    expect((await call("2", { prefix: "/run/r1" })).status).toBe(504);
    expect((await first).status).toBe(201);
    expect(tools.effects).toHaveLength(1);
  });

  it("ends where it only reads, with what nobody retries", async () => {
    const answer = await call("2", { method: "GET" });
    expect(answer.status).toBe(400);
    expect(answer.headers.get("x-should-retry")).toBe("false");
  });

  it("hears nothing in report mode, and nothing is read where deadlines are off", async () => {
    await restart({ deadlines: { mode: "report" } });
    expect((await call("2")).status).toBe(201);
    expect(gateway.logged.map(({ what }) => what)).toContain(
      "the client would have been told that its deadline passed",
    );
    await restart({ deadlines: { mode: "off" } });
    expect((await call("whenever")).status).toBe(201);
  });

  it("is refused before anything is sent where that is unclear, or over", async () => {
    expect(await (await call("whenever")).json()).toMatchObject({ status: 400, code: "request_malformed" });
    const over = await call("2020-01-01T00:00:00Z");
    expect(await over.json()).toMatchObject({ status: 400, code: "deadline_exceeded" });
    expect(tools.requests).toHaveLength(0);
  });
});

describe("an answer that is too long to be held until it is recorded", () => {
  const long = 3 * 1024 * 1024;

  /** Says that it was executed after `beforeMs`, and the second half of its answer after `betweenMs`. */
  async function behind(beforeMs: number, betweenMs: number): Promise<() => number> {
    let executed = 0;
    const { origin } = await startHttp((incoming, outgoing) => {
      executed++;
      incoming.resume();
      void sleep(beforeMs)
        .then(() => {
          outgoing.writeHead(201, { "content-length": String(long) });
          outgoing.write(Buffer.alloc(long / 2));
          return sleep(betweenMs);
        })
        .then(() => outgoing.end(Buffer.alloc(long / 2)));
    });
    await restart({ tools: { pay: { url: origin } } });
    return () => executed;
  }

  it("is not cut once it has begun to come", async () => {
    await behind(0, 3_000);
    const answer = await call("3");
    expect(answer.status).toBe(201);
    expect((await answer.arrayBuffer()).byteLength).toBe(long);
  });

  it("is recorded where it begins behind the deadline, and given to who comes again", async () => {
    const executed = await behind(2_500, 500);
    expect((await call("2")).status).toBe(504);
    const ended = (): boolean => gateway.logged.some(({ what }) => what === "exchange");
    await expect.poll(ended, { timeout: 8_000 }).toBe(true);
    const again = await call("30");
    expect([again.status, (await again.arrayBuffer()).byteLength]).toEqual([201, long]);
    expect(executed()).toBe(1);
  });
});
