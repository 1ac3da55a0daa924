import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startProvider, type Provider } from "../../examples/provider/provider.ts";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";
import { startHttp } from "../proxy/support/loopback.ts";
import { anthropic, openai, type Answered, type Asked, type Json } from "./agents.ts";

describe.each([openai, anthropic])("guards of runs and tools, behind $name", (agent) => {
  let provider: Provider;
  let gateway: RunningGateway;

  async function start(posts: readonly Json[], more: Json = {}): Promise<void> {
    const upstream = { url: provider.url };
    gateway = await startTestGateway({
      posts,
      upstreams: { openai: upstream, anthropic: upstream },
      ...more,
    });
  }
  beforeEach(async () => {
    provider = await startProvider();
  });
  afterEach(async () => {
    await gateway.stop();
    await provider.close();
  });

  const task = [agent.user("Find it.")];
  const ask = (asked: Partial<Asked> = {}): Promise<Answered> =>
    agent.ask(gateway.url, { messages: task, tools: ["look", "pay"], ...asked });
  const lastBody = (): Json => provider.requests.at(-1)?.parsed as Json;

  describe("tool-list", () => {
    const posts = [{ guard: "tool-list", deny: ["pay"] }, { guard: "tool-schema" }];

    it("offers the model no tool that is denied, with the same bytes in every turn", async () => {
      await start(posts);
      provider.play([{ calls: [{ name: "look", arguments: { at: "it" } }] }, { text: "There." }]);
      const first = await ask();
      expect(agent.names(lastBody())).toEqual(["look"]);
      const before = JSON.stringify(lastBody()["tools"]);
      await ask({ messages: [...task, ...agent.history(first, "here")] });
      expect(JSON.stringify(lastBody()["tools"])).toBe(before);
      expect(provider.requests.every(({ status }) => status === 200)).toBe(true);
    });

    it("asks the model again once when it calls it all the same, then refuses with 403", async () => {
      await start(posts);
      const pay = { calls: [{ name: "pay", arguments: {} }] };
      provider.play([pay, { calls: [{ name: "look", arguments: {} }] }, pay, pay, pay]);
      expect((await ask()).calls.map(({ name }) => name)).toEqual(["look"]);
      expect(provider.requests).toHaveLength(2);
      for (const stream of [false, true]) {
        provider.play([pay, pay, pay]);
        const before = provider.requests.length;
        await expect(ask({ stream })).rejects.toMatchObject({ status: 403 });
        expect(provider.requests.length - before).toBe(2);
      }
    });

    it("refuses a request that forces it, and sends nothing", async () => {
      await start(posts);
      const choice =
        agent === openai ? { type: "function", function: { name: "pay" } } : { type: "tool", name: "pay" };
      await expect(ask({ choice })).rejects.toMatchObject({
        status: 400,
        message: expect.stringContaining("forces the tool pay"),
      });
      expect(provider.requests).toEqual([]);
    });

    it("leaves no trace of tools where all are denied", async () => {
      await start([{ guard: "tool-list", deny: ["*"] }]);
      provider.play([{ text: "I have none." }]);
      expect((await ask()).text).toBe("I have none.");
      expect(lastBody()).not.toHaveProperty("tools");
      expect(provider.requests.at(-1)?.status).toBe(200);
    });

    it("counts by stage", async () => {
      await start([{ guard: "tool-list", rules: [{ stages: ["review"], allow: ["look"] }] }]);
      provider.play([{ text: "a" }, { text: "b" }]);
      await ask({ headers: { "Longstop-Run": "r", "Longstop-Stage": "review" } });
      expect(agent.names(lastBody())).toEqual(["look"]);
      await ask({ headers: { "Longstop-Run": "r", "Longstop-Stage": "act" } });
      expect(agent.names(lastBody())).toEqual(["look", "pay"]);
    });

    it("refuses a call on its way to a denied tool by the name that it is served under", async () => {
      let calls = 0;
      const tool = await startHttp((_request, response) => {
        calls++;
        response.end("done");
      });
      await start(posts, { tools: { pay: { url: tool.origin }, look: { url: tool.origin } } });
      const call = (name: string) => fetch(`${gateway.url}/tools/${name}/x`, { method: "POST", body: "{}" });
      const answer = await call("pay");
      expect([answer.status, calls]).toEqual([403, 0]);
      expect(await answer.text()).toContain("call_refused_by_policy");
      expect([(await call("look")).status, calls]).toEqual([200, 1]);
    });
  });

  describe("repeat-breaker", () => {
    it("tells the model once, keeps what it told over a restart, and stops the agent", async () => {
      await start([{ guard: "repeat-breaker", repeatsMax: 2 }]);
      const same = { calls: [{ name: "look", arguments: { at: "it" } }] };
      provider.play([same, same, same, same, { text: "I give up." }]);
      const messages: Json[] = [...task];
      const bodies: Json[] = [];
      for (let turn = 0; turn < 4; turn++) {
        const answered = await ask({ messages });
        bodies.push(lastBody());
        messages.push(...agent.history(answered, "nothing"));
        if (turn === 2) gateway = await gateway.restart();
      }
      const told = bodies.map((body) => JSON.stringify(body).split("[Longstop]").length - 1);
      expect(told).toEqual([0, 0, 1, 1]);
      const [third, fourth] = bodies.slice(2).map((body) => body["messages"] as Json[]);
      expect(fourth?.slice(0, third?.length)).toEqual(third);
      expect(provider.requests.every(({ status }) => status === 200)).toBe(true);

      await expect(ask({ messages })).rejects.toMatchObject({
        status: 400,
        message: expect.stringContaining("going round in circles"),
      });
      expect(provider.requests).toHaveLength(4);
      messages.push(agent.user("Then stop."));
      expect((await ask({ messages })).text).toBe("I give up.");
    });

    it("only says so where it reports", async () => {
      await start([{ guard: "repeat-breaker", mode: "report", repeatsMax: 2 }]);
      const turn = (id: string): Json[] =>
        agent.history({ text: "", calls: [{ id, name: "look", input: { at: "it" } }] }, "nothing");
      provider.play([{ text: "ok" }]);
      await ask({ messages: [...task, ...turn("1"), ...turn("2"), ...turn("3"), ...turn("4")] });
      expect(JSON.stringify(lastBody())).not.toContain("[Longstop]");
      const said = gateway.logged.filter(({ what }) => what === "verdict reported");
      expect(said.map(({ fields }) => [fields["guard"], fields["verdict"]])).toEqual([
        ["repeat-breaker", "block"],
      ]);
    });
  });

  describe("run-limits", () => {
    const run = { "Longstop-Run": "nightly" };

    it("ends a run after so many requests, over a restart, and leaves others alone", async () => {
      await start([{ guard: "run-limits", runCallsMax: 2 }]);
      provider.play(Array.from({ length: 9 }, () => ({ text: "ok" })));
      await ask({ headers: run });
      gateway = await gateway.restart();
      await ask({ headers: run, stream: true });
      await expect(ask({ headers: run })).rejects.toMatchObject({
        status: 400,
        message: expect.stringContaining("has made 2 requests to models, and its limit is 2 (runCallsMax)"),
      });
      await ask({ headers: { "Longstop-Run": "other" } });
      await ask();
      expect(provider.requests).toHaveLength(4);
    });

    it("lets exactly as many of twenty at once through as there are places", async () => {
      await start([{ guard: "run-limits", runCallsMax: 5 }]);
      provider.play(Array.from({ length: 20 }, () => ({ text: "ok" })));
      const asked = await Promise.allSettled(Array.from({ length: 20 }, () => ask({ headers: run })));
      expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
      expect(provider.requests).toHaveLength(5);
    });

    it("counts the hidden attempts of a repair", async () => {
      await start([{ guard: "run-limits", runCallsMax: 2 }, { guard: "tool-schema" }]);
      provider.play([{ calls: [{ name: "lok", arguments: {} }] }, { text: "ok" }]);
      await ask({ headers: run });
      await expect(ask({ headers: run })).rejects.toMatchObject({ status: 400 });
    });

    it.each([false, true])("counts the tokens of an answer, streamed: %s", async (stream) => {
      await start([{ guard: "run-limits", runTokensMax: 1 }]);
      provider.play(Array.from({ length: 50 }, () => ({ text: "It is here." })));
      await ask({ headers: run, stream });
      // Where the upstream said nothing, tokens are counted once the answer has left.
      const said = () =>
        ask({ headers: run }).then(
          ({ text }) => text,
          (error: Error) => error.message,
        );
      await expect.poll(said).toMatch(/has used [1-9][\d,]* tokens, and its limit is 1 \(runTokensMax\)/);
    });

    it("counts what an answer cost", async () => {
      const prices = { "*": { input: 1e6, output: 1e6 } };
      await start([{ guard: "run-limits", runCostMax: 1, prices }]);
      provider.play([{ text: "It is here." }]);
      await ask({ headers: run });
      await expect(ask({ headers: run })).rejects.toMatchObject({
        message: expect.stringMatching(/has cost [1-9][\d,]*, and its limit is 1 \(runCostMax\)/),
      });
    });

    it("refuses a model that has no price where the cost is limited, before it costs anything", async () => {
      const prices = { "some-other-model": { input: 1, output: 1 } };
      await start([{ guard: "run-limits", runCostMax: 1, prices }]);
      await expect(ask({ headers: run })).rejects.toMatchObject({
        message: expect.stringContaining("prices has none for the model"),
      });
      expect(provider.requests).toEqual([]);
    });

    it("writes nothing down where it is off, or has no limit, or the run is anonymous", async () => {
      const facts = (): unknown => {
        using ledger = new DatabaseSync(gateway.ledgerFile, { readOnly: true });
        return ledger.prepare("select count(*) as n from facts where kind = 'run-usage'").get();
      };
      const off = { guard: "run-limits", mode: "off", runCallsMax: 1 };
      await start([{ guard: "run-limits" }, off, { guard: "tool-list" }]);
      provider.play(Array.from({ length: 3 }, () => ({ text: "ok" })));
      await ask({ headers: run });
      expect(facts()).toEqual({ n: 0 });
      await gateway.stop();
      await start([{ guard: "run-limits", runCallsMax: 5 }]);
      await ask();
      expect(facts()).toEqual({ n: 0 });
      await ask({ headers: run });
      await expect.poll(facts).toEqual({ n: 1 });
    });
  });
});
