import { gzipSync } from "node:zlib";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startToolServer, type ToolServer } from "../../../examples/tool-server/tool-server.ts";
import { defineGuard, type Guard } from "../../../src/guards/guard.ts";
import { startTestGateway, type RunningGateway } from "../support/running-gateway.ts";

/** Judges calls and results of tools by the words in them. */
const warden: Guard = defineGuard<Record<never, never>>({
  name: "warden",
  version: 1,
  summary: "For tests.",
  options: {},
  watch: () => ({
    watches: {
      call: ({ call }) => {
        if (call.argumentsText.includes("wrong"))
          return { kind: "block", reason: "wrong", toModel: "Say it right." };
        if (call.argumentsText.includes("forbidden")) {
          return { kind: "block", reason: "policy", toModel: "Not allowed.", policy: true };
        }
        if (call.argumentsText.includes("known"))
          return { kind: "answer", result: '{"known":true}', reason: "known" };
        if (call.argumentsText.includes("typo")) {
          return { kind: "rewrite", to: { argumentsText: '{"fixed":1}' }, reason: "a typo" };
        }
        return { kind: "pass" };
      },
      result: ({ texts }) => {
        const [text = ""] = texts;
        if (text.includes("poison")) return { kind: "block", reason: "poison", toModel: "[removed]" };
        if (text.includes("loud"))
          return { kind: "rewrite", to: { texts: [text.toLowerCase()] }, reason: "too loud" };
        return { kind: "pass" };
      },
    },
  }),
});

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

describe("a call that only reads", () => {
  it("has its result judged too, decoded, and bytes that are no text pass", async () => {
    const png = Buffer.from([0x89, 0x50, 0xff, 0xfe]);
    const upstream = createServer((request, response) => {
      if (request.url === "/image") return void response.end(png);
      response.setHeader("content-encoding", "gzip");
      return void response.end(gzipSync("some poison"));
    });
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    const { port } = upstream.address() as AddressInfo;
    const tools = { web: { url: `http://127.0.0.1:${port}` } };
    const gateway = await startTestGateway({ posts: [{ guard: "warden" }], tools }, [warden]);
    expect(await (await fetch(`${gateway.url}/tools/web/page`)).text()).toBe("[removed]");
    const image = await fetch(`${gateway.url}/tools/web/image`);
    expect(Buffer.from(await image.arrayBuffer()).equals(png)).toBe(true);
    expect(image.headers.get("longstop-operation")).toBeNull();
    await gateway.stop();
    upstream.close();
  });
});
