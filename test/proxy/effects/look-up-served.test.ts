import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startToolServer, type ToolServer } from "../../../examples/tool-server/tool-server.ts";
import { startTestGateway, type RunningGateway } from "../support/running-gateway.ts";

describe("an operation in doubt of a tool that can be asked", () => {
  let tools: ToolServer;
  let gateway: RunningGateway;
  beforeEach(async () => {
    tools = await startToolServer({ mode: "lookup" });
    const lookUp = { path: "/charges/{key}", found: { at: "/idempotencyKey", equals: "{key}" } };
    gateway = await startTestGateway({
      posts: [],
      tools: { pay: { url: tools.url, timeoutMs: 2000, lookUp } },
    });
  });
  afterEach(async () => {
    await gateway.stop();
    await tools.close();
  });
  const call = (): Promise<Response> =>
    fetch(`${gateway.url}/run/r1/tools/pay/charges`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"amount":1}',
    });

  it("is answered with what is found by the key that was sent, to every retry alike, and never sent again", async () => {
    tools.behave("effect-then-drop");
    expect((await call()).status).toBe(400);
    const found = await call();
    expect(found.status).toBe(200);
    expect(found.headers.get("longstop-looked-up")).toBe("true");
    expect(found.headers.get("idempotent-replayed")).toBe("true");
    const text = await found.text();
    expect(JSON.parse(text)).toMatchObject({ idempotencyKey: tools.requests[0]?.headers["idempotency-key"] });
    gateway = await gateway.restart();
    const later = await fetch(`${gateway.url}/run/r1/attempt/b/tools/pay/charges`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"amount":1}',
    });
    expect(await later.text()).toBe(text);
    expect(tools.requests.map(({ method }) => method)).toEqual(["POST", "GET"]);
  });

  it("stays in doubt while it is not found: what is not there yet may come", async () => {
    tools.behave("drop-before-effect");
    await call();
    for (let i = 0; i < 2; i++)
      expect(await (await call()).json()).toMatchObject({ code: "outcome_unknown" });
    expect(tools.requests.map(({ method }) => method)).toEqual(["POST", "GET", "GET"]);
  });
});
