import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startToolServer, type ToolServer } from "../../../examples/tool-server/tool-server.ts";
import { startTestGateway, type RunningGateway } from "../support/running-gateway.ts";

type Json = Record<string, unknown>;

describe("a side effect of an HTTP tool", () => {
  let tools: ToolServer;
  let gateway: RunningGateway;

  async function start(tool: Json = {}, more: Json = {}): Promise<void> {
    tools = await startToolServer();
    gateway = await startTestGateway({
      posts: [{ guard: "tool-schema" }],
      tools: { pay: { url: tools.url, timeoutMs: 2000, ...tool } },
      ...more,
    });
  }
  beforeEach(() => start());
  afterEach(async () => {
    await gateway.stop();
    await tools.close();
  });
  async function restart(tool: Json, more: Json = {}): Promise<void> {
    await gateway.stop();
    await tools.close();
    await start(tool, more);
  }

  const call = (
    body: unknown,
    {
      prefix = "",
      headers = {},
      path = "/charges",
    }: { prefix?: string; headers?: Record<string, string>; path?: string } = {},
  ): Promise<Response> =>
    fetch(`${gateway.url}${prefix}/tools/pay${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const charge = { customer: "c1", amount: 100 };

  it("is dispatched once with a key of UUID form, and the same key is never used for another", async () => {
    expect((await call(charge)).status).toBe(201);
    expect((await call({ ...charge, amount: 200 })).status).toBe(201);
    const keys = tools.requests.map(({ headers }) => headers["idempotency-key"]);
    expect(keys[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(keys).size).toBe(2);
  });

  it("is replayed byte for byte for an equal client key, however the JSON is written, and after a restart", async () => {
    const headers = { "idempotency-key": "order-1" };
    const first = await call(charge, { headers });
    const bytes = await first.text();
    expect(tools.requests[0]?.headers["idempotency-key"]).toBe("order-1");
    const again = await call(' {"amount": 100.0, "customer":"c1"} ', {
      headers: { "idempotency-key": '"order-1"' },
    });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(Number(again.headers.get("longstop-replayed-age-seconds"))).toBeGreaterThanOrEqual(0);
    expect(await again.text()).toBe(bytes);
    gateway = await gateway.restart();
    const later = await call(charge, { headers });
    expect(later.status).toBe(first.status);
    expect(await later.text()).toBe(bytes);
    expect(tools.effects).toHaveLength(1);
  });

  it("refuses an equal client key with another payload", async () => {
    const headers = { "idempotency-key": "order-1" };
    await call(charge, { headers });
    const other = await call({ ...charge, amount: 999 }, { headers });
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({ code: "key_reused" });
    expect(tools.effects).toHaveLength(1);
  });

  it("happens once for twenty equal calls of one run at once; all get the same bytes", async () => {
    tools.behave("slow,delayMs=300");
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(charge, { prefix: "/run/r1" })));
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    expect(new Set(bodies).size).toBe(1);
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    expect(tools.effects).toHaveLength(1);
  });

  it("is a new operation for every anonymous call whose answer was delivered", async () => {
    for (let i = 0; i < 3; i++) expect((await call(charge)).headers.get("idempotent-replayed")).toBeNull();
    expect(tools.effects).toHaveLength(3);
    const both = await Promise.all([call(charge), call(charge)]);
    expect(both.map(({ status }) => status)).toEqual([201, 201]);
    expect(tools.effects).toHaveLength(5);
    expect(gateway.logged.some(({ what }) => what === "possible double")).toBe(true);
  });

  it("is a new operation for an equal call of one run and attempt after delivery, if it is no irreversible one", async () => {
    await (await call(charge, { prefix: "/run/r1" })).text();
    await (await call(charge, { prefix: "/run/r1" })).text();
    expect(tools.effects).toHaveLength(2);
    await restart({ effect: "irreversible" });
    const first = await (await call(charge, { prefix: "/run/r1" })).text();
    const second = await call(charge, { prefix: "/run/r1" });
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    expect(await second.text()).toBe(first);
    expect(tools.effects).toHaveLength(1);
  });

  it("meets the k-th call of an earlier attempt with the k-th of a later one", async () => {
    const one = { prefix: "/run/r1/attempt/a" };
    const bodies = [await (await call(charge, one)).text(), await (await call(charge, one)).text()];
    const two = { prefix: "/run/r1/attempt/b" };
    for (const body of bodies) {
      const replayed = await call(charge, two);
      expect(replayed.headers.get("idempotent-replayed")).toBe("true");
      expect(await replayed.text()).toBe(body);
    }
    await (await call(charge, two)).text();
    expect(tools.effects).toHaveLength(3);
  });

  it("keeps runs and stages apart", async () => {
    for (const prefix of ["/run/r1", "/run/r2", "/run/r1/stage/s1"])
      await (await call(charge, { prefix })).text();
    expect(tools.effects).toHaveLength(3);
  });

  it("is a retry when the first client went away before its answer: the same bytes, one effect", async () => {
    tools.behave("slow,delayMs=400");
    const leaving = new AbortController();
    const gone = fetch(`${gateway.url}/tools/pay/charges`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(charge),
      signal: leaving.signal,
    });
    await expect.poll(() => tools.effects.length).toBe(1);
    leaving.abort();
    await expect(gone).rejects.toThrow();
    const retry = await call(charge);
    expect(retry.status).toBe(201);
    expect(retry.headers.get("idempotent-replayed")).toBe("true");
    expect(tools.effects).toHaveLength(1);
    // Its answer is delivered now, so the next equal call is meant.
    await (await call(charge)).text();
    expect(tools.effects).toHaveLength(2);
  });

  it("is a retry of the one that got no answer, also when an equal one was delivered after it", async () => {
    tools.behave("slow,delayMs=400", "ok");
    const leaving = new AbortController();
    const options = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(charge),
    };
    const gone = fetch(`${gateway.url}/tools/pay/charges`, { ...options, signal: leaving.signal });
    await expect.poll(() => tools.effects.length).toBe(1);
    expect((await call(charge)).status).toBe(201);
    leaving.abort();
    await expect(gone).rejects.toThrow();
    const retry = await call(charge);
    expect(retry.headers.get("idempotent-replayed")).toBe("true");
    expect(tools.effects).toHaveLength(2);
  });

  it("is a retry also where the call that got no answer had been refused before", async () => {
    tools.behave("404", "slow,delayMs=400");
    expect((await call(charge)).status).toBe(404);
    const leaving = new AbortController();
    const left = fetch(`${gateway.url}/tools/pay/charges`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(charge),
      signal: leaving.signal,
    }).catch(() => null);
    await expect.poll(() => tools.effects.length).toBe(1);
    leaving.abort();
    await left;
    // Long enough for the answer to be recorded, for nobody.
    await new Promise((resolve) => setTimeout(resolve, 600));
    const again = await call(charge);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(tools.effects).toHaveLength(1);
  });

  it("stays apart from an equal one with another client key, where such keys are proof", async () => {
    await restart({ clientKeys: "stable" });
    tools.behave("404");
    expect((await call(charge, { headers: { "idempotency-key": "order-1" } })).status).toBe(404);
    const second = await (await call(charge, { headers: { "idempotency-key": "order-2" } })).json();
    const first = await (await call(charge, { headers: { "idempotency-key": "order-1" } })).json();
    expect(first).not.toEqual(second);
    expect(tools.effects.map(({ idempotencyKey }) => idempotencyKey)).toEqual(["order-2", "order-1"]);
  });

  it("is no retry of an equal one whose answer is on its way to a client that is there", async () => {
    const both = await Promise.all(Array.from({ length: 12 }, () => call(charge)));
    expect(both.map((answer) => answer.headers.get("idempotent-replayed"))).toEqual(both.map(() => null));
    expect(tools.effects).toHaveLength(12);
  });

  it("reaches the tool decoded when the caller compressed it", async () => {
    const answer = await fetch(`${gateway.url}/tools/pay/charges`, {
      method: "POST",
      headers: { "content-type": "application/json", "content-encoding": "gzip" },
      body: gzipSync(JSON.stringify(charge)),
    });
    expect(answer.status).toBe(201);
    expect(tools.requests[0]?.headers["content-encoding"]).toBeUndefined();
    expect(JSON.parse(tools.requests[0]?.body ?? "")).toEqual(charge);
  });

  it.each(["effect-then-drop", "drop-before-effect", "effect-then-500", "effect-then-html", "503", "408"])(
    "stays in doubt after %s, and is not dispatched again by any retry",
    async (behaviour) => {
      tools.behave(behaviour);
      const answer = await call(charge);
      expect(answer.status).toBe(400);
      expect(answer.headers.get("x-should-retry")).toBe("false");
      expect(answer.headers.get("retry-after")).toBeNull();
      const said = (await answer.json()) as Json;
      expect(said).toMatchObject({ code: "outcome_unknown", operation: expect.any(String) });
      expect(String(said["detail"])).not.toMatch(/try again/i);
      const sent = tools.requests.length;
      expect(await (await call(charge)).json()).toMatchObject({
        code: "outcome_unknown",
        operation: said["operation"],
      });
      gateway = await gateway.restart();
      expect(await (await call(charge)).json()).toMatchObject({
        code: "outcome_unknown",
        operation: said["operation"],
      });
      expect(tools.requests).toHaveLength(sent);
    },
  );

  it("says what the upstream said when its answer leaves the outcome open", async () => {
    tools.behave("effect-then-500");
    expect(await (await call(charge)).json()).toMatchObject({
      upstreamStatus: 500,
      detail: expect.stringContaining("500"),
    });
  });

  it.each(["400", "402", "404", "409", "422", "429"])(
    "passes a refusal (%s) on, and is free to run again",
    async (status) => {
      tools.behave(status);
      const refused = await call(charge, { prefix: "/run/r1/attempt/a" });
      expect(refused.status).toBe(Number(status));
      expect((await call(charge, { prefix: "/run/r1/attempt/a" })).status).toBe(201);
      // The refused and the executed dispatch are one operation: the k-th stays the k-th.
      const later = await call(charge, { prefix: "/run/r1/attempt/b" });
      expect(later.headers.get("idempotent-replayed")).toBe("true");
      expect(tools.effects).toHaveLength(1);
    },
  );

  it("takes another key after 402, because the service may have stored the refusal", async () => {
    tools.behave("402");
    await call(charge, { prefix: "/run/r1" });
    await call(charge, { prefix: "/run/r1" });
    const keys = tools.requests.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(2);
  });

  it("leaves 409 in doubt where the tool is known to honour keys", async () => {
    await restart({ keyed: true });
    tools.behave("409");
    expect(await (await call(charge)).json()).toMatchObject({ code: "outcome_unknown" });
  });

  it("was executed when the headers said so, even if the answer broke off", async () => {
    tools.behave("half");
    expect(await (await call(charge, { prefix: "/run/r1" })).json()).toMatchObject({
      code: "answer_incomplete",
    });
    expect(await (await call(charge, { prefix: "/run/r1" })).json()).toMatchObject({
      code: "answer_incomplete",
    });
    expect(tools.effects).toHaveLength(1);
  });

  it("passes a long answer on as it comes and replays it whole", async () => {
    tools.behave("huge");
    const headers = { "idempotency-key": "big" };
    const first = Buffer.from(await (await call(charge, { headers })).arrayBuffer());
    expect(first.byteLength).toBeGreaterThan(1024 * 1024);
    const again = await call(charge, { headers });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(first.equals(Buffer.from(await again.arrayBuffer()))).toBe(true);
    expect(tools.effects).toHaveLength(1);
  });

  it("replays a redirect instead of executing again", async () => {
    tools.behave("redirect");
    const options = {
      method: "POST",
      redirect: "manual",
      headers: { "idempotency-key": "r" },
      body: "{}",
    } as const;
    const first = await fetch(`${gateway.url}/tools/pay/charges`, options);
    const again = await fetch(`${gateway.url}/tools/pay/charges`, options);
    expect([first.status, again.status]).toEqual([303, 303]);
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
    expect(tools.effects).toHaveLength(1);
  });

  it("was not sent when the tool cannot be reached: 503, and the next call executes", async () => {
    const { url } = tools;
    await tools.close();
    const answer = await call(charge);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("5");
    tools = await startToolServer({ port: Number(new URL(url).port) });
    expect((await call(charge)).status).toBe(201);
    expect(tools.effects).toHaveLength(1);
  });

  it("tells a waiting duplicate that it is still running, with a status that a retry may follow", async () => {
    await restart({}, { effects: { attachSeconds: 1 } });
    tools.behave("slow,delayMs=1900");
    const first = call(charge, { prefix: "/run/r1" });
    await expect.poll(() => tools.effects.length).toBe(1);
    const second = await call(charge, { prefix: "/run/r1" });
    expect(second.status).toBe(504);
    expect((await first).status).toBe(201);
    expect(tools.effects).toHaveLength(1);
  });

  it("leaves reads alone: each is dispatched, none is recorded", async () => {
    for (let i = 0; i < 2; i++) {
      const answer = await fetch(`${gateway.url}/run/r1/tools/pay/weather?city=Oslo`);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("longstop-operation")).toBeNull();
    }
    expect(tools.requests.filter(({ method }) => method === "GET")).toHaveLength(2);
    expect(tools.requests[0]?.headers["idempotency-key"]).toBeUndefined();
  });

  it("treats a POST that is declared a read like one, and a GET that is declared a write", async () => {
    await restart({ effect: "read" });
    expect((await call(charge)).headers.get("longstop-operation")).toBeNull();
    await restart({ effect: "write" });
    const answer = await fetch(`${gateway.url}/tools/pay/weather?city=Oslo`);
    expect(answer.headers.get("longstop-operation")).not.toBeNull();
  });

  it("is what its path says, whichever spelling of it a client has", async () => {
    await restart({ effect: "read", rules: [{ path: "/charges/*", effect: "write" }] });
    await call(charge, { path: "/search" });
    expect(tools.requests[0]?.headers["idempotency-key"]).toBeUndefined();
    const spellings = [
      "/charges/a",
      "//charges/a",
      "/charges/a/",
      "/%63harges/a",
      "/Charges/a",
      "/charges;x/a",
    ];
    for (const path of spellings) {
      expect((await call(charge, { path })).headers.get("longstop-operation")).not.toBeNull();
    }
    expect(tools.requests.slice(1).every(({ headers }) => headers["idempotency-key"] !== undefined)).toBe(
      true,
    );
  });

  it("is a refusal where the tool promises that its status means so", async () => {
    await restart({ notExecuted: [503], rules: [{ path: "/emails", notExecuted: [] }] });
    tools.behave("503");
    expect((await call(charge, { prefix: "/run/r1" })).status).toBe(503);
    expect((await call(charge, { prefix: "/run/r1" })).status).toBe(201);
    tools.behave("503");
    expect((await call(charge, { prefix: "/run/r1", path: "/emails" })).status).toBe(400);
    expect((await call(charge, { prefix: "/run/r1", path: "/emails" })).status).toBe(400);
    expect(tools.effects).toHaveLength(1);
  });

  it("waits for an answer as long as the rule of its path says", async () => {
    await restart({
      rules: [
        { path: "/charges", timeoutMs: 200 },
        { path: "/page", effect: "read", timeoutMs: 200 },
      ],
    });
    tools.behave("slow,delayMs=4000");
    expect(await (await call(charge)).json()).toMatchObject({ code: "outcome_unknown" });
    tools.behave("slow,delayMs=4000");
    expect(await (await call(charge, { path: "/page" })).json()).toMatchObject({ code: "upstream_timeout" });
  });

  it("is dispatched and only reported in report mode", async () => {
    await restart({}, { effects: { mode: "report" } });
    const headers = { "idempotency-key": "order-1" };
    for (let i = 0; i < 2; i++) expect((await call(charge, { headers })).status).toBe(201);
    expect(tools.effects).toHaveLength(2);
    expect(gateway.logged.some(({ what }) => what === "effect reported: would not be dispatched")).toBe(true);
  });

  it("answers faults of the caller as problem details", async () => {
    const bad = await call(charge, { headers: { "idempotency-key": "x".repeat(300) } });
    expect(bad.status).toBe(400);
    expect(bad.headers.get("content-type")).toBe("application/problem+json");
    const unknown = await fetch(`${gateway.url}/tools/nope/x`, { method: "POST" });
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({
      code: "route_unknown",
      detail: expect.stringContaining("pay"),
    });
    expect(tools.requests).toHaveLength(0);
  });
});
