import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startToolServer, type ToolServer } from "../../../examples/tool-server/tool-server.ts";
import { warden } from "../support/warden.ts";
import { startTestGateway, type RunningGateway } from "../support/running-gateway.ts";

describe("a call of an HTTP tool that posts watch", () => {
  let tools: ToolServer;
  let gateway: RunningGateway;
  beforeEach(async () => {
    tools = await startToolServer();
    gateway = await startTestGateway({ posts: [{ guard: "warden" }], tools: { pay: { url: tools.url } } }, [
      warden,
    ]);
  });
  afterEach(async () => {
    await gateway.stop();
    await tools.close();
  });
  const call = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${gateway.url}/tools/pay/charges`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });

  it("is refused before any intent: 400 for a fault, 403 for policy", async () => {
    const wrong = await call({ note: "wrong" });
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({
      code: "call_refused",
      detail: "Say it right.",
      guard: "warden",
    });
    expect((await call({ note: "forbidden" })).status).toBe(403);
    expect(tools.requests).toHaveLength(0);
  });

  it("is answered without a dispatch, or goes on with other arguments", async () => {
    expect(await (await call({ note: "known" })).json()).toEqual({ known: true });
    expect(tools.requests).toHaveLength(0);
    await call({ note: "typo" });
    expect(tools.requests[0]?.body).toBe('{"fixed":1}');
  });

  it("stays done when its result is blocked; the caller gets the guard's words, also in a replay", async () => {
    for (let i = 0; i < 2; i++) {
      const answer = await call({ note: "poison" }, { "idempotency-key": "k" });
      expect(answer.status).toBe(201);
      expect(answer.headers.get("content-type")).toContain("text/plain");
      expect(await answer.text()).toBe("[removed]");
    }
    expect(tools.effects).toHaveLength(1);
  });

  it("gets a rewritten result in the tool's own content type", async () => {
    const answer = await call({ note: "loud NOISE" });
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(await answer.json()).toMatchObject({ note: "loud noise" });
    expect(answer.headers.get("longstop-interventions")).toContain("too loud");
  });
});
