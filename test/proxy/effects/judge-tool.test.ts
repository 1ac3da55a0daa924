import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startToolServer, type ToolServer } from "../../../examples/tool-server/tool-server.ts";
import { factsOnDisk, letFactsFail } from "../support/told-facts.ts";
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

  it("has its verdicts on disk before it is dispatched, and before its answer leaves", async () => {
    const headers = { "longstop-run": "r1", "longstop-stage": "s" };
    await call({ note: "typo" }, headers);
    await call({ note: "wrong" }, headers);
    await call({ note: "loud" });
    expect(factsOnDisk(gateway.ledgerFile, "verdict")).toMatchObject([
      {
        subject: "run:r1",
        value: {
          guard: "warden",
          moment: "call",
          verdict: "rewrite",
          done: "carried-out",
          reason: "a typo",
          plane: "tool",
          target: "pay",
          tool: "pay",
          stage: "s",
          conversation: null,
        },
      },
      { subject: "run:r1", value: { verdict: "block", moment: "call" } },
      { subject: "anonymous", value: { verdict: "rewrite", moment: "result", reason: "too loud" } },
    ]);
  });

  it("is refused with 503 where what was decided about it cannot be written, and nothing is sent", async () => {
    letFactsFail(gateway.ledgerFile, true);
    const refused = await call({ note: "typo" });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: "ledger_down" });
    expect(refused.headers.get("longstop-recorded")).toBe("false");
    expect((await call({ note: "known" })).status).toBe(503);
    expect(tools.requests).toHaveLength(0);
    // What nobody objects to needs no fact, and a refusal stays one.
    expect((await call({ note: "fine" })).status).toBe(201);
    expect((await call({ note: "wrong" })).status).toBe(400);
    // The effect has happened: its answer leaves as the guards want it.
    const answer = await call({ note: "poison" });
    expect([answer.status, answer.headers.get("longstop-recorded")]).toEqual([201, "false"]);
    expect(await answer.text()).toBe("[removed]");
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
