import { afterEach, describe, expect, it } from "vitest";
import {
  startToolServer,
  type ToolServer,
  type ToolServerMode,
} from "../../../examples/tool-server/tool-server.ts";
import { startTestGateway, type RunningGateway } from "../support/running-gateway.ts";

type Json = Record<string, unknown>;

const day = 86_400;
const charge = '{"customer":"c1","amount":100}';

describe("an operation in doubt of a tool that can be called again", () => {
  let tools: ToolServer;
  let gateway: RunningGateway;

  async function start(mode: ToolServerMode, tool: Json, more: Json = {}): Promise<void> {
    tools = await startToolServer({ mode });
    gateway = await startTestGateway({
      posts: [],
      tools: { pay: { url: tools.url, timeoutMs: 2000, ...tool } },
      ...more,
    });
  }
  const keyed = (more: Json = {}): Promise<void> =>
    start("keyed", { keyed: true, keyRetentionSeconds: day, ...more });
  afterEach(async () => {
    await gateway.stop();
    await tools.close();
  });

  const call = (
    body = charge,
    { headers = {}, path = "/charges", method = "POST", prefix = "" } = {},
  ): Promise<Response> =>
    fetch(`${gateway.url}${prefix}/tools/pay${path}`, {
      method,
      headers: { "content-type": "application/json", ...headers },
      body,
    });
  const keysSent = (): (string | undefined)[] =>
    tools.requests.map(({ headers }) => headers["idempotency-key"]);

  it.each(["effect-then-drop", "drop-before-effect", "effect-then-500", "effect-then-html", "503", "408"])(
    "is dispatched again by the next retry after %s, with the same key and bytes, and happens once",
    async (behaviour) => {
      await keyed();
      tools.behave(behaviour);
      const first = await call();
      expect(first.status).toBe(400);
      const said = (await first.json()) as Json;
      expect(said).toMatchObject({ code: "outcome_unknown", sentAgain: true });
      expect(said["detail"]).toContain("An equal call is sent again and cannot have a second effect");
      expect(tools.requests).toHaveLength(1);
      const retry = await call();
      expect(retry.status).toBe(201);
      expect(retry.headers.get("longstop-operation")).toBe(said["operation"]);
      expect(tools.effects).toHaveLength(1);
      const [one, two] = tools.requests;
      expect(two?.headers["idempotency-key"]).toBe(one?.headers["idempotency-key"]);
      expect(two?.body).toBe(one?.body);
      expect(tools.requests).toHaveLength(2);
    },
  );

  it("is dispatched again after a restart, under the client's own key if it had one", async () => {
    await keyed();
    tools.behave("effect-then-drop");
    const headers = { "idempotency-key": "order-1" };
    await call(charge, { headers });
    gateway = await gateway.restart();
    const retry = await call(charge, { headers });
    expect(retry.status).toBe(201);
    expect(keysSent()).toEqual(["order-1", "order-1"]);
    expect(tools.effects).toHaveLength(1);
    const replayed = await call(charge, { headers });
    expect(replayed.headers.get("idempotent-replayed")).toBe("true");
    expect(await replayed.text()).toBe(await retry.text());
  });

  it("keeps the key of the first dispatch when the retry comes with another one", async () => {
    await keyed();
    tools.behave("effect-then-drop");
    await call(charge, { headers: { "idempotency-key": "first" }, prefix: "/run/r1" });
    await call(charge, { headers: { "idempotency-key": "second" }, prefix: "/run/r1" });
    expect(keysSent()).toEqual(["first", "first"]);
    expect(tools.effects).toHaveLength(1);
  });

  it("is not dispatched again with other bytes: the service would take its key for reused", async () => {
    await keyed();
    tools.behave("effect-then-drop");
    await call(charge, { prefix: "/run/r1" });
    const respelled = await call('{"amount":100, "customer":"c1"}', { prefix: "/run/r1" });
    const said = (await respelled.json()) as Json;
    expect(said).toMatchObject({
      code: "outcome_unknown",
      detail: expect.stringContaining("Do not call again"),
    });
    expect(said["sentAgain"]).toBeUndefined();
    expect(tools.requests).toHaveLength(1);
    expect((await call(charge, { prefix: "/run/r1" })).status).toBe(201);
    expect(tools.effects).toHaveLength(1);
  });

  it("stays in doubt while dispatch after dispatch leaves it open, each on a retry of its own", async () => {
    await keyed();
    tools.behave("drop-before-effect", "500", "408");
    for (let dispatched = 1; dispatched <= 3; dispatched++) {
      expect(await (await call()).json()).toMatchObject({ code: "outcome_unknown", sentAgain: true });
      expect(tools.requests).toHaveLength(dispatched);
    }
    expect((await call()).status).toBe(201);
    expect(new Set(keysSent()).size).toBe(1);
    expect(tools.effects).toHaveLength(1);
  });

  it.each(["429", "401", "404", "409"])(
    "stays in doubt when the second dispatch is refused with %s, which says nothing of the first",
    async (status) => {
      await keyed();
      tools.behave("drop-before-effect", status);
      await call();
      const second = await call();
      expect(second.status).toBe(400);
      expect(await second.json()).toMatchObject({
        code: "outcome_unknown",
        upstreamStatus: Number(status),
        detail: expect.stringContaining("it was dispatched again, and the upstream answered"),
      });
      expect((await call()).status).toBe(201);
      expect(tools.effects).toHaveLength(1);
    },
  );

  it("stays in doubt when the second dispatch cannot be sent", async () => {
    await keyed();
    tools.behave("effect-then-drop");
    await call();
    await tools.close();
    const second = await call();
    expect(second.status).toBe(400);
    expect(await second.json()).toMatchObject({
      code: "outcome_unknown",
      sentAgain: true,
      detail: expect.stringContaining(
        "unknown: it was dispatched again, and this time nothing was sent. It may",
      ),
    });
    tools = await startToolServer();
  });

  it.each([
    ["without a retention", { keyed: true }],
    ["at the end of the retention", { keyed: true, keyRetentionSeconds: 60 }],
    ["that does not honour keys", { keyRetentionSeconds: day }],
  ])("is never dispatched again by itself for a tool %s", async (_which, tool) => {
    await start("keyed", tool);
    tools.behave("effect-then-drop");
    for (let i = 0; i < 3; i++) {
      expect(await (await call()).json()).toMatchObject({
        code: "outcome_unknown",
        detail: expect.stringContaining("Do not call again"),
      });
    }
    expect(tools.requests).toHaveLength(1);
  });

  it("is dispatched again for an idempotent path, in other words too, and for no other path", async () => {
    await start("dumb", { rules: [{ path: "/settings/*", methods: ["PUT"], idempotent: true }] });
    const put = { method: "PUT", path: "/settings/a" };
    tools.behave("effect-then-500");
    expect(await (await call(charge, put)).json()).toMatchObject({ sentAgain: true });
    expect((await call(` ${charge}`, put)).status).toBe(201);
    tools.behave("effect-then-500");
    expect(await (await call()).json()).toMatchObject({ code: "outcome_unknown" });
    const sent = tools.requests.length;
    expect((await call()).status).toBe(400);
    expect(tools.requests).toHaveLength(sent);
  });

  it("is dispatched by one of many retries at once, and all of them get its answer", async () => {
    await keyed();
    tools.behave("effect-then-drop", "slow,delayMs=300");
    await call(charge, { prefix: "/run/r1" });
    const retries = await Promise.all(Array.from({ length: 8 }, () => call(charge, { prefix: "/run/r1" })));
    expect(retries.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(new Set(await Promise.all(retries.map((answer) => answer.text()))).size).toBe(1);
    expect(tools.requests).toHaveLength(2);
    expect(tools.effects).toHaveLength(1);
  });
});

describe("an operation that was refused", () => {
  let tools: ToolServer;
  let gateway: RunningGateway;
  afterEach(async () => {
    await gateway.stop();
    await tools.close();
  });

  async function keysAfter(tool: Json, ...refusals: string[]): Promise<(string | undefined)[]> {
    tools = await startToolServer();
    gateway = await startTestGateway({ posts: [], tools: { pay: { url: tools.url, ...tool } } });
    tools.behave(...refusals);
    for (let i = 0; i <= refusals.length; i++) {
      await fetch(`${gateway.url}/run/r1/tools/pay/charges`, { method: "POST", body: "{}" });
    }
    expect(tools.effects).toHaveLength(1);
    return tools.requests.map(({ headers }) => headers["idempotency-key"]);
  }

  it("never goes back to the key that a stored refusal may answer, whatever came in between", async () => {
    const [first, second, third] = await keysAfter({}, "402", "422");
    expect(second).not.toBe(first);
    expect(third).toBe(second);
  });

  it("keeps its key after every other refusal", async () => {
    expect(new Set(await keysAfter({}, "422", "429", "404")).size).toBe(1);
  });

  it("has a new key after every refusal, where the tool stores them", async () => {
    expect(new Set(await keysAfter({ storesErrors: true }, "422", "429")).size).toBe(3);
  });
});
