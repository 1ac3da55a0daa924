import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startToolServer, type ToolServer } from "../../../examples/tool-server/tool-server.ts";
import { startTestGateway, type RunningGateway } from "../support/running-gateway.ts";

describe("equal calls of an irreversible tool in one run", () => {
  let tools: ToolServer;
  let gateway: RunningGateway;
  beforeEach(async () => {
    tools = await startToolServer();
    const rules = [
      { path: "/tokens", key: { ignore: ["/nonce", "?_ts"] } },
      { path: "/orders", key: { include: ["/order"] } },
      { path: "/versions", preconditions: ["X-Version"] },
    ];
    gateway = await startTestGateway({
      posts: [],
      tools: { pay: { url: tools.url, effect: "irreversible", rules } },
    });
  });
  afterEach(async () => {
    await gateway.stop();
    await tools.close();
  });

  /** How many effects two calls have, one after the other. */
  async function effectsOf(
    path: string,
    ...calls: readonly [RequestInit & { query?: string }, RequestInit & { query?: string }]
  ) {
    for (const { query = "", ...init } of calls) {
      const answer = await fetch(`${gateway.url}/run/r1/tools/pay${path}${query}`, {
        method: "POST",
        ...init,
      });
      expect(answer.status).toBe(201);
      await answer.text();
    }
    return tools.effects.length;
  }
  const json = (body: string, query = "") => ({
    body,
    query,
    headers: { "content-type": "application/json" },
  });

  it("happen once as a form, whatever the order of its fields", async () => {
    const one = { body: new URLSearchParams({ a: "1", b: "x y" }) };
    const other = { body: "b=x%20y&a=1", headers: { "content-type": "application/x-www-form-urlencoded" } };
    expect(await effectsOf("/charges", one, other)).toBe(1);
  });

  it("happen once as multipart, whatever the boundary, and twice for another file", async () => {
    const data = (text: string): FormData => {
      const form = new FormData();
      form.append("file", new Blob([text]), "a.bin");
      return form;
    };
    expect(await effectsOf("/uploads", { body: data("one") }, { body: data("one") })).toBe(1);
    expect(await effectsOf("/uploads", { body: data("two") }, { body: data("three") })).toBe(3);
  });

  it("happen once though what is ignored differs, and the first bytes are those that were sent", async () => {
    const first = json('{"a":1,"nonce":"x"}', "?_ts=1");
    expect(await effectsOf("/tokens", first, json('{"nonce":"y","a":1}', "?_ts=2"))).toBe(1);
    expect(tools.requests.map(({ body }) => body)).toEqual(['{"a":1,"nonce":"x"}']);
    expect(await effectsOf("/tokens", json('{"a":2}'), json('{"a":3}'))).toBe(3);
  });

  it("are known by what is included, where a rule says so", async () => {
    expect(await effectsOf("/orders", json('{"order":1,"n":1}'), json('{"order":1,"n":2}'))).toBe(1);
    expect(await effectsOf("/orders", json('{"n":1}'), json('{"n":2}'))).toBe(3);
  });

  it("happen once for each value of a declared precondition", async () => {
    const at = (version: string) => ({ body: "{}", headers: { "x-version": version } });
    expect(await effectsOf("/versions", at("1"), at("1"))).toBe(1);
    expect(await effectsOf("/versions", at("2"), at("3"))).toBe(3);
  });
});
