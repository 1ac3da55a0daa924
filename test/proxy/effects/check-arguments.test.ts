import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startToolServer, type ToolServer } from "../../../examples/tool-server/tool-server.ts";
import { startTestGateway, type RunningGateway } from "../support/running-gateway.ts";

type Json = Record<string, unknown>;

const openapi = fileURLToPath(new URL("../../fixtures/openapi/bookshop.yaml", import.meta.url));
const isbn = "9780306406157";
const order = { customer: "c", items: [{ isbn, quantity: 1 }] };

describe("a call of a tool that an OpenAPI document describes", () => {
  let tools: ToolServer;
  let gateway: RunningGateway;

  const configured = (more: Json = {}, tool: Json = {}): Json => ({
    posts: [],
    tools: { shop: { url: `${tools.url}/v2`, arguments: { openapi, ...more }, ...tool } },
  });
  beforeEach(async () => {
    tools = await startToolServer();
    gateway = await startTestGateway(configured());
  });
  afterEach(async () => {
    await gateway.stop();
    await tools.close();
  });

  const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${gateway.url}/tools/shop${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });

  function recorded(): number {
    const database = new DatabaseSync(gateway.ledgerFile, { readOnly: true });
    const row = database.prepare("SELECT count(*) AS count FROM claims WHERE kind = 'effect'").get();
    database.close();
    return Number(row?.["count"]);
  }

  it("is refused with all its faults before anything is recorded or sent", async () => {
    const answer = await post("/orders?dry=1", { items: [{ isbn: "1", quantity: 0 }] }, { "x-trace": "a" });
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("x-should-retry")).toBe("false");
    const problem = (await answer.json()) as Json;
    expect(problem).toMatchObject({
      type: "urn:longstop:arguments_invalid",
      status: 400,
      code: "arguments_invalid",
      faults: [
        { in: "query", name: "dry", pointer: "/dry", message: "there is no such parameter." },
        { in: "header", name: "x-trace", pointer: "/x-trace", message: 'expected an integer; found "a".' },
        { in: "body", name: null, pointer: "/customer", message: "missing; expected a string." },
        {
          in: "body",
          name: null,
          pointer: "/items/0/isbn",
          message: 'expected a string that matches the pattern ^[0-9]{13}$; found "1".',
        },
        { in: "body", name: null, pointer: "/items/0/quantity", message: "expected at least 1; found 0." },
      ],
    });
    expect(problem["detail"]).toContain("- body /items/0/quantity: expected at least 1; found 0.");
    expect(problem["detail"]).not.toMatch(/try again/i);
    expect(tools.requests).toEqual([]);
    expect(recorded()).toBe(0);
  });

  it("is sent byte for byte and recorded where it fits; the gateway itself brings the key", async () => {
    const written = `{ "customer":"c",\n "items":[{"quantity":1.0,"isbn":"${isbn}"}] }`;
    expect((await post("/orders", written, { "x-trace": "7" })).status).toBe(201);
    expect(tools.requests.map(({ body }) => body)).toEqual([written]);
    expect(recorded()).toBe(1);
  });

  it("is checked where it only reads, too, and passes as it came", async () => {
    const refused = await fetch(`${gateway.url}/tools/shop/books?limit=x`);
    expect([refused.status, tools.requests.length]).toEqual([400, 0]);
    expect((await fetch(`${gateway.url}/tools/shop/books?limit=3&genre=novel`)).status).toBe(404);
    expect(tools.requests.map(({ path }) => path)).toEqual(["/v2/books?limit=3&genre=novel"]);
    await gateway.stop();
    gateway = await startTestGateway(configured({}, { effect: "read" }));
    expect((await post("/orders", { ...order, items: [] })).status).toBe(400);
    expect((await post("/orders", order)).status).toBe(201);
    expect(tools.requests.at(-1)?.body).toBe(JSON.stringify(order));
    expect(tools.requests).toHaveLength(2);
  });

  it("is checked as the upstream will read it where it is compressed", async () => {
    const send = (body: unknown): Promise<Response> =>
      fetch(`${gateway.url}/tools/shop/orders`, {
        method: "POST",
        headers: { "content-type": "application/json", "content-encoding": "gzip" },
        body: gzipSync(JSON.stringify(body)),
      });
    expect((await send({ ...order, customer: 1 })).status).toBe(400);
    expect((await send(order)).status).toBe(201);
    expect(tools.requests.map(({ body }) => body)).toEqual([JSON.stringify(order)]);
  });

  it.each([
    ["POST", "/books/x/y/z", "the API has no such path. Did you mean /books?"],
    ["PUT", "/orders", "PUT is no operation of /orders, which takes POST."],
    ["POST", "//orders", "write the path as the API has it: /orders."],
    ["POST", "/Orders/", "write the path as the API has it: /orders."],
    ["POST", "/%6Frders;a=b", "write the path as the API has it: /orders."],
  ])("that is none of its operations is refused: %s %s", async (method, path, message) => {
    const answer = await fetch(`${gateway.url}/tools/shop${path}`, { method, body: "{}" });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: "operation_unknown", faults: [{ message }] });
    expect(tools.requests).toEqual([]);
  });

  it("passes and is reported in the mode report, and is not looked at in the mode off", async () => {
    const faulty = { customer: 1 };
    await gateway.reload(configured({ mode: "report" }));
    expect((await post("/orders", faulty)).status).toBe(201);
    const lines = gateway.logged.filter(({ what }) => what === "arguments would be refused");
    expect(lines).toHaveLength(1);
    expect(lines[0]?.fields["faults"]).toMatchObject([{ pointer: "/items" }, { pointer: "/customer" }]);
    await gateway.reload(configured({ mode: "off" }));
    expect((await post("/orders", faulty)).status).toBe(201);
    expect(gateway.logged.filter(({ what }) => what === "arguments would be refused")).toHaveLength(1);
    await gateway.reload(configured());
    expect((await post("/orders", faulty)).status).toBe(400);
    expect(tools.requests).toHaveLength(2);
  });

  it("is refused where a limit keeps it from being looked at, and passes in the mode report", async () => {
    const large = { ...order, customer: "c".repeat(2 ** 20) };
    const answer = await post("/orders", large);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: "arguments_unchecked" });
    expect(tools.requests).toEqual([]);
    await gateway.reload(configured({ mode: "report" }));
    expect((await post("/orders", large)).status).toBe(201);
  });
});

describe("a call of a tool whose operations stand in the configuration", () => {
  it("is held against them alike", async () => {
    const tools = await startToolServer();
    const operations = [
      {
        method: "POST",
        path: "/orders/{id}",
        pathParameters: { properties: { id: { type: "integer" } } },
        query: { properties: { dry: { $ref: "#/$defs/flag" } }, $defs: { flag: { type: "boolean" } } },
        headers: { properties: { "x-shop": { enum: ["a", "b"] } }, required: ["x-shop"] },
        body: { type: "object", required: ["total"], properties: { total: { type: "number" } } },
      },
    ];
    const gateway = await startTestGateway({
      posts: [],
      tools: { shop: { url: tools.url, arguments: { operations, unknownOperations: "pass" } } },
    });
    const post = (path: string, shop: string, body: unknown): Promise<Response> =>
      fetch(`${gateway.url}/tools/shop${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-shop": shop },
        body: JSON.stringify(body),
      });
    expect((await post("/orders/3?dry=true", "a", { total: 1.5 })).status).toBe(201);
    const refused = await post("/orders/x?dry=1", "c", {});
    expect(refused.status).toBe(400);
    expect(((await refused.json()) as Json)["faults"]).toMatchObject([
      { in: "path", pointer: "/id" },
      { in: "query", pointer: "/dry" },
      { in: "header", pointer: "/x-shop" },
      { in: "body", pointer: "/total" },
    ]);
    expect((await post("/elsewhere", "a", {})).status).toBe(201);
    expect((await post("/ORDERS/3", "a", {})).status).toBe(400);
    expect(tools.requests.map(({ path }) => path)).toEqual(["/orders/3?dry=true", "/elsewhere"]);
    await gateway.stop();
    await tools.close();
  });
});
