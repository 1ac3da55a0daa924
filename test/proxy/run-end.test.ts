import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startProvider, type Provider } from "../../examples/provider/provider.ts";
import { startToolServer, type ToolServer } from "../../examples/tool-server/tool-server.ts";
import { endsRun } from "../../src/proxy/run-end.ts";
import { dialects, post, type Json } from "./support/dialects.ts";
import { callerOf } from "./support/plain-exchange.ts";
import { startTestGateway, type RunningGateway } from "./support/running-gateway.ts";
import { factsOnDisk } from "./support/told-facts.ts";

describe("the header that ends a run", () => {
  const run = callerOf({ id: "r" });
  it.each([
    [{}, false],
    [{ "longstop-run-end": ["true"] }, true],
    [{ "longstop-run-end": ["false"] }, false],
  ])("is read: %j", (headers, ends) => {
    expect(endsRun(headers, run)).toBe(ends);
  });
  it.each([
    [["true", "true"], run, "header_conflict"],
    [["1"], run, "request_malformed"],
    [[""], run, "request_malformed"],
    [["true"], callerOf(), "request_malformed"],
  ])("is refused where it is unclear: %j", (values, caller, code) => {
    expect(() => endsRun({ "longstop-run-end": values }, caller)).toThrow(expect.objectContaining({ code }));
  });
});

describe.each(dialects)("a run of $name that its client ends", (dialect) => {
  let provider: Provider;
  let tools: ToolServer;
  let gateway: RunningGateway;
  beforeEach(async () => {
    [provider, tools] = await Promise.all([startProvider(), startToolServer()]);
    const upstream = { url: provider.url };
    gateway = await startTestGateway({
      upstreams: { openai: upstream, anthropic: upstream },
      tools: { pay: { url: tools.url } },
    });
  });
  afterEach(async () => {
    await gateway.stop();
    await Promise.all([provider.close(), tools.close()]);
  });

  const ask = (headers: Json, more: Json = {}): Promise<Response> =>
    post(
      gateway.url,
      { ...dialect, headers: { ...dialect.headers, ...headers } },
      dialect.request([dialect.user("Hi")], more),
    );
  const ofRun = { "longstop-run": "r1" };
  const ending = { ...ofRun, "longstop-run-end": "true" };
  const pay = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${gateway.url}/tools/pay/charges`, { method: "POST", headers, body: "{}" });

  it("takes no new exchange under its id, on any plane, also after a restart", async () => {
    expect((await ask(ending)).status).toBe(200);
    expect(JSON.stringify(provider.requests.at(-1)?.headers)).not.toContain("longstop");
    for (let again = 0; again < 2; again++) {
      const refused = await ask(ofRun);
      expect(refused.status).toBe(400);
      expect(refused.headers.get("x-should-retry")).toBe("false");
      expect(dialect.error((await refused.json()) as Json)).toMatchObject({
        sentence: expect.stringContaining('The run "r1" is closed'),
      });
      const call = await pay(ofRun);
      expect([call.status, ((await call.json()) as Json)["code"]]).toEqual([400, "run_closed"]);
      gateway = await gateway.restart();
    }
    expect([provider.requests.length, tools.requests.length]).toEqual([1, 0]);
    expect((await ask({ "longstop-run": "r2" })).status).toBe(200);
    expect((await ask({})).status).toBe(200);
    expect(factsOnDisk(gateway.ledgerFile, "run-closed")).toMatchObject([
      { subject: "run:r1", value: { by: "client", reason: null } },
    ]);
  });

  it("stays open where its last exchange failed, so that the client's retry gets in", async () => {
    const cutAfterEvents = dialect.name === "openai-chat" ? 2 : 3;
    provider.play([
      { error: { status: 500 } },
      { text: "a b c", cutAfterEvents, cut: "end" },
      { text: "Bye." },
    ]);
    expect((await ask(ending)).status).toBe(500);
    const cut = await ask(ending, { stream: true });
    expect([cut.status, await cut.text()]).toEqual([200, expect.stringContaining("ended its stream before")]);
    expect((await ask(ending, { stream: true })).status).toBe(200);
    expect((await ask(ofRun)).status).toBe(400);
  });

  it("ends with a call of a tool as well", async () => {
    expect((await pay(ending)).status).toBe(201);
    expect((await pay(ofRun)).status).toBe(400);
    expect(tools.requests).toHaveLength(1);
    expect(JSON.stringify(tools.requests[0]?.headers)).not.toContain("longstop");
  });

  it("leaves its exchanges in the ledger", async () => {
    await ask({ ...ofRun, "longstop-agent": "ann" });
    await ask(ending);
    await ask(ofRun);
    gateway = await gateway.restart();
    expect(factsOnDisk(gateway.ledgerFile, "exchange").map(({ subject, value }) => [subject, value])).toEqual(
      [
        ["run:r1", expect.objectContaining({ plane: "llm", status: 200, agent: "ann", path: dialect.path })],
        ["run:r1", expect.objectContaining({ plane: "llm", status: 200, agent: null })],
      ],
    );
  });
});
