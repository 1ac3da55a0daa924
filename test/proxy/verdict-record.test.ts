import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startProvider, type Provider } from "../../examples/provider/provider.ts";
import { defineGuard, type Guard } from "../../src/guards/guard.ts";
import { VerdictRecord, WrittenVerdicts } from "../../src/proxy/verdict-record.ts";
import { dialects, post, type Json } from "./support/dialects.ts";
import { callerOf, plainExchange } from "./support/plain-exchange.ts";
import { startTestGateway, type RunningGateway } from "./support/running-gateway.ts";
import { factsOnDisk, letFactsFail } from "./support/told-facts.ts";

/** Objects to the words in a prompt, in a call's arguments and in a result; has nothing against others. */
const wordy: Guard = defineGuard<object>({
  name: "wordy",
  version: 1,
  summary: "For tests.",
  options: {},
  watch: () => ({
    dependsOn: "part",
    watches: {
      call: ({ call }) =>
        call.argumentsText.includes("forbidden")
          ? { kind: "block", reason: "not a city for us", toModel: "Not there." }
          : call.argumentsText.includes("typo")
            ? { kind: "rewrite", to: { argumentsText: '{"city":"Paris"}' }, reason: "a typo" }
            : { kind: "pass" },
      result: ({ texts }) =>
        texts.some((text) => text.includes("loud"))
          ? { kind: "rewrite", to: { texts: ["quiet"] }, reason: "too loud" }
          : { kind: "pass" },
      prompt: ({ parts }) =>
        parts.some(({ role, texts }) => role === "user" && texts.some((text) => text.includes("stop")))
          ? { kind: "block", reason: "told to stop", toModel: "Stopped." }
          : { kind: "pass" },
    },
  }),
});

const callOf = (city: string) => ({ name: "get_weather", arguments: { city } });

describe.each(dialects)("verdicts on exchanges of $name", (dialect) => {
  let provider: Provider;
  let gateway: RunningGateway;

  async function start(guard: Json = {}): Promise<void> {
    const upstream = { url: provider.url };
    const upstreams = { openai: upstream, anthropic: upstream };
    gateway = await startTestGateway({ posts: [{ guard: "wordy", ...guard }], upstreams }, [wordy]);
  }
  beforeEach(async () => {
    provider = await startProvider();
  });
  afterEach(async () => {
    await gateway.stop();
    await provider.close();
  });

  const ask = (history: readonly unknown[], more: Json = {}, run = "/run/r1"): Promise<Response> =>
    post(`${gateway.url}${run}`, dialect, dialect.request(history, more));
  const verdicts = () => factsOnDisk(gateway.ledgerFile, "verdict");
  const withResult = (text: string): readonly unknown[] => [
    dialect.user("Weather?"),
    dialect.echo("I look.", { id: "call_1", ...callOf("Paris") }),
    dialect.result("call_1", text),
  ];

  it("are on disk before a rewritten prompt is sent, once for all later turns", async () => {
    await start();
    const seen: number[] = [];
    provider.play(() => {
      seen.push(verdicts().length);
      return { text: "Fine." };
    });
    expect((await ask(withResult("loud NOISE"))).status).toBe(200);
    expect((await ask([...withResult("loud NOISE"), dialect.user("And now?")])).status).toBe(200);
    expect(seen).toEqual([1, 1]);
    expect(verdicts()).toMatchObject([
      {
        tenant: "local",
        subject: "run:r1",
        value: {
          guard: "wordy",
          mode: "enforce",
          moment: "result",
          verdict: "rewrite",
          done: "carried-out",
          reason: "too loud",
          plane: "llm",
          target: dialect.name === "openai-chat" ? "openai" : "anthropic",
          call: "call_1",
          exchange: expect.stringMatching(/^req_/),
          conversation: expect.stringMatching(/^[0-9a-f]{64}$/),
          message: expect.stringMatching(/^[0-9a-f]+$/),
        },
      },
    ]);
    expect(JSON.stringify(verdicts())).not.toContain("NOISE");
    // Another run has its own.
    await ask(withResult("loud NOISE"), {}, "/run/r2");
    expect(verdicts().map(({ subject }) => subject)).toEqual(["run:r1", "run:r2"]);
  });

  it.each([{}, { stream: true }])("are on disk before the model is asked again %j", async (more) => {
    await start();
    const seen: number[] = [];
    provider.play(() => {
      seen.push(verdicts().length);
      return { calls: [callOf(seen.length === 1 ? "forbidden" : "typo")] };
    });
    const answer = await ask([dialect.user("Weather?")], more);
    expect(await answer.text()).not.toContain("forbidden");
    expect(seen).toEqual([0, 1]);
    expect(verdicts().map(({ value }) => [value["verdict"], value["done"], value["tool"]])).toEqual([
      ["block", "carried-out", "get_weather"],
      ["rewrite", "carried-out", "get_weather"],
    ]);
  });

  it("are on disk before a prompt is refused", async () => {
    await start();
    const refused = await ask([dialect.user("Please stop")], {}, "");
    expect(refused.status).toBe(400);
    expect(refused.headers.get("longstop-recorded")).toBeNull();
    expect(provider.requests).toHaveLength(0);
    expect(verdicts()).toMatchObject([
      { subject: "anonymous", value: { verdict: "block", moment: "prompt" } },
    ]);
    // Each refusal is one: nothing about it comes again by itself.
    await ask([dialect.user("Please stop")], {}, "");
    expect(verdicts()).toHaveLength(2);
  });

  it("are written where a post only reports, and change nothing", async () => {
    await start({ mode: "report" });
    provider.play([{ calls: [callOf("forbidden")] }]);
    const answer = await ask([dialect.user("Please stop")]);
    expect(await answer.text()).toContain("forbidden");
    expect(
      verdicts().map(({ value }) => [value["moment"], value["verdict"], value["mode"], value["done"]]),
    ).toEqual([
      ["prompt", "block", "report", "only-reported"],
      ["call", "block", "report", "only-reported"],
    ]);
  });

  it("leave no fact where all of them are passes, but counts when the gateway ends", async () => {
    await start();
    for (let turn = 0; turn < 3; turn++) {
      provider.play([{ calls: [callOf("Paris")] }]);
      expect((await ask([dialect.user(`Weather ${turn}?`)], {}, "")).status).toBe(200);
    }
    expect(factsOnDisk(gateway.ledgerFile, "passes")).toEqual([]);
    gateway = await gateway.restart();
    expect(verdicts()).toEqual([]);
    expect(factsOnDisk(gateway.ledgerFile, "passes")).toMatchObject([
      {
        tenant: "-",
        subject: "passes",
        value: {
          passes: [
            { guard: "wordy", mode: "enforce", moment: "prompt", count: 3 },
            { guard: "wordy", mode: "enforce", moment: "call", count: 3 },
          ],
        },
      },
    ]);
  });

  it("hold while the ledger is down, and the answer says that they are not recorded", async () => {
    await start();
    provider.play(() => ({ text: "Fine." }));
    letFactsFail(gateway.ledgerFile, true);
    const answer = await ask(withResult("loud NOISE"));
    expect(answer.status).toBe(200);
    expect(answer.headers.get("longstop-recorded")).toBe("false");
    expect(provider.requests.at(-1)?.body).not.toContain("NOISE");
    const refused = await ask([dialect.user("Please stop")]);
    expect([refused.status, refused.headers.get("longstop-recorded")]).toEqual([400, "false"]);
    provider.play([{ calls: [callOf("typo")] }]);
    const streamed = await ask([dialect.user("Weather?")], { stream: true });
    expect(await streamed.text()).toContain('"recorded":false');
    letFactsFail(gateway.ledgerFile, false);
    provider.play(() => ({ text: "Fine." }));
    const later = await ask(withResult("loud NOISE"));
    expect(later.headers.get("longstop-recorded")).toBeNull();
    expect(verdicts()).toMatchObject([{ value: { reason: "too loud" } }]);
  });
});

describe("the verdicts of one exchange", () => {
  const verdict = {
    guard: "g",
    mode: "enforce",
    verdict: "rewrite",
    done: "carried-out",
    reason: "r",
  } as const;

  function recordWith(ports: { isDown: boolean; unrecorded: number }, written = new WrittenVerdicts()) {
    const appended: (readonly unknown[])[] = [];
    const conversations = {
      append: (
        _caller: unknown,
        _conversation: unknown,
        facts: readonly unknown[],
        told: readonly unknown[],
      ) => {
        if (!ports.isDown) appended.push([...facts, ...told]);
        return Promise.resolve(!ports.isDown);
      },
    };
    const at = plainExchange({ caller: callerOf({ id: "r" }) });
    const engine = { conversations, writtenVerdicts: written } as never;
    return { appended, record: new VerdictRecord(engine, at, () => ports.unrecorded++) };
  }

  it("go in one append with the facts of guards", async () => {
    const { record, appended } = recordWith({ isDown: false, unrecorded: 0 });
    record.note([{ ...verdict, moment: "call" }]);
    expect(await record.append("c", [{ kind: "frontier", value: 1 }])).toBe(true);
    expect(appended).toMatchObject([[{ kind: "frontier" }, { kind: "verdict", subject: "run:r" }]]);
    expect(record.flush("c")).toBe(true);
  });

  it("wait where an append fails, and are given up with a word", async () => {
    const ports = { isDown: true, unrecorded: 0 };
    const { record, appended } = recordWith(ports);
    record.note([{ ...verdict, moment: "prompt" }]);
    expect(await record.append("c", [])).toBe(false);
    expect([record.hasPending, ports.unrecorded]).toEqual([true, 0]);
    expect(await record.flush("c")).toBe(false);
    expect([record.hasPending, ports.unrecorded]).toEqual([false, 1]);
    // What was never written is not taken for known.
    ports.isDown = false;
    record.note([{ ...verdict, moment: "prompt" }]);
    expect(await record.flush("c")).toBe(true);
    expect(appended).toHaveLength(1);
  });

  it("are known again by all that they say, in one conversation of one attempt", async () => {
    const written = new WrittenVerdicts();
    const { record, appended } = recordWith({ isDown: false, unrecorded: 0 }, written);
    const one = { ...verdict, moment: "offer", tool: "a" } as const;
    for (const [noted, conversation] of [
      [one, "c"],
      [one, "c"],
      [{ ...one, reason: "another" }, "c"],
      [{ ...one, tool: "b" }, "c"],
      [one, "d"],
    ] as const) {
      record.note([noted, noted]);
      await record.flush(conversation);
    }
    expect(appended.map((facts) => facts.length)).toEqual([1, 1, 1, 1]);
    // A call is judged anew each time that the model makes it.
    record.note([
      { ...verdict, moment: "call" },
      { ...verdict, moment: "call" },
    ]);
    await record.flush("c");
    expect(appended.at(-1)).toHaveLength(2);
  });
});
