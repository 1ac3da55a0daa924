import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startProvider, type Provider } from "../../examples/provider/provider.ts";
import { defineGuard, type Guard } from "../../src/guards/guard.ts";
import { dialects, lastBody, post, type Json } from "./support/dialects.ts";
import { startTestGateway, type RunningGateway } from "./support/running-gateway.ts";

const right = { name: "get_weather", arguments: { city: "Paris", unit: "celsius" } };
const wrong = { name: "get_weather", arguments: { city: "Paris", unit: "SECRET" } };

/** Answers calls about one city itself, refuses one by policy, and refuses replies that say a word. */
const keeper: Guard = defineGuard<{ reply: boolean }>({
  name: "keeper",
  version: 1,
  summary: "For tests.",
  options: { reply: { type: "boolean", default: false, description: "Watches replies." } },
  watch: ({ reply }) => ({
    hold: "all",
    watches: {
      call: ({ call }) => {
        if (call.argumentsText.includes("Atlantis")) {
          return { kind: "answer", result: "Atlantis is under water.", reason: "known" };
        }
        if (call.argumentsText.includes("Area51")) {
          return { kind: "block", reason: "policy", toModel: "Area51 is off limits.", policy: true };
        }
        if (call.argumentsText.includes("Roma")) {
          return { kind: "rewrite", to: { argumentsText: '{"city":"Rome"}' }, reason: "its name in English" };
        }
        return { kind: "pass" };
      },
      ...(reply
        ? {
            reply: ({ text }: { text: string }) =>
              text.includes("LIE")
                ? ({ kind: "block", reason: "false", toModel: "That was false. Say it right." } as const)
                : ({ kind: "pass" } as const),
          }
        : {}),
    },
  }),
});

/** Writes down each call that it sees, and refuses the conversation from then on. */
const witness: Guard = defineGuard({
  name: "witness",
  version: 1,
  summary: "For tests.",
  options: {},
  watch: () => ({
    watches: {
      call: ({ call }) => ({ kind: "pass", facts: [{ kind: "witnessed", value: call.name }] }),
      prompt: ({ facts }) =>
        facts.some(({ kind }) => kind === "witnessed")
          ? { kind: "block", reason: "seen", toModel: "I have seen a call here." }
          : { kind: "pass" },
    },
  }),
});

describe.each(dialects)("what a guard observes in an answer of $name", (dialect) => {
  it.each([false, true])("is known in the next request of the conversation (stream: %s)", async (stream) => {
    await using scene = new AsyncDisposableStack();
    const provider = scene.adopt(await startProvider(), (one) => one.close());
    const upstreams = { openai: { url: provider.url }, anthropic: { url: provider.url } };
    const gateway = scene.adopt(
      await startTestGateway({ posts: [{ guard: "witness" }], upstreams }, [witness]),
      async (one) => void (await one.stop()),
    );
    provider.play([{ calls: [right] }]);
    const ask = (): Promise<Response> =>
      post(gateway.url, dialect, dialect.request([dialect.user("Weather in Paris?")], { stream }));
    const first = await ask();
    expect(first.status).toBe(200);
    await first.text();
    const second = await ask();
    expect(second.status).toBe(400);
    expect(await second.text()).toContain("I have seen a call here.");
  });
});

describe.each(dialects)("a whole answer of $name", (dialect) => {
  let provider: Provider;
  let gateway: RunningGateway;

  async function start(more: Json = {}): Promise<void> {
    provider = await startProvider();
    const upstream = { url: provider.url };
    const written = {
      posts: [{ guard: "tool-schema" }],
      upstreams: { openai: upstream, anthropic: upstream },
      ...more,
    };
    gateway = await startTestGateway(written, [keeper]);
  }
  beforeEach(() => start());
  afterEach(async () => {
    await gateway.stop();
    await provider.close();
  });
  async function restart(more: Json): Promise<void> {
    await gateway.stop();
    await provider.close();
    await start(more);
  }

  const ask = (more: Json = {}): Promise<Response> =>
    post(gateway.url, dialect, dialect.request([dialect.user("Weather in Paris?")], more));

  it("leaves as the bytes that came when nothing is wrong", async () => {
    const direct = await (await post(provider.url, dialect, dialect.request([dialect.user("x")]))).text();
    const spaced = direct.replace("{", '{ "x_big": 12345678901234567890, ');
    provider.play(() => ({ body: spaced, headers: { "content-type": "application/json" } }));
    expect(await (await ask()).text()).toBe(spaced);
  });

  it("is the corrected turn after a repair, with the tokens of both, and says what was done", async () => {
    const usage = { input: 50, output: 7 };
    provider.play([
      { calls: [wrong], usage },
      { calls: [right], usage },
    ]);
    const answer = await ask();
    const text = await answer.text();
    expect(text).not.toContain("SECRET");
    const asked = gateway.logged.filter(({ what }) => what === "asked the model again");
    expect(asked.map(({ fields }) => fields["repairs"])).toEqual([1]);
    expect(dialect.calls(JSON.parse(text) as Json)).toMatchObject([right]);
    expect(text).toMatch(/"(completion|output)_tokens":14\b/);
    const notes = JSON.parse(answer.headers.get("longstop-interventions") ?? "{}") as Json;
    expect(notes).toMatchObject({ repairs: 1, interventions: [{ guard: "tool-schema", verdict: "block" }] });
  });

  it("is a 400 with every fault when repair does not help", async () => {
    provider.play((request) => ({
      calls: [{ name: "get_weather", arguments: { unit: `u${request.index}` } }],
    }));
    const answer = await ask();
    expect(answer.status).toBe(400);
    const { sentence, code } = dialect.error((await answer.json()) as Json);
    expect(code).toBe("call_refused");
    expect(sentence).toContain("/unit");
    expect(sentence).toContain("city");
    expect(provider.requests).toHaveLength(3);
  });

  it("is a 403 after asking once when a call is against the policy", async () => {
    await restart({ posts: [{ guard: "keeper" }] });
    provider.play((request) => ({
      calls: [{ name: "get_weather", arguments: { city: `Area51-${request.index}` } }],
    }));
    const answer = await ask();
    expect(answer.status).toBe(403);
    expect(dialect.error((await answer.json()) as Json).code).toBe("call_refused_by_policy");
    expect(provider.requests).toHaveLength(2);
  });

  it("asks on when every call was answered by the gateway, and the client never sees them", async () => {
    await restart({ posts: [{ guard: "keeper" }] });
    provider.play([
      { calls: [{ name: "get_weather", arguments: { city: "Atlantis" } }] },
      { text: "Under water." },
    ]);
    const answer = (await (await ask()).json()) as Json;
    expect(dialect.text(answer)).toBe("Under water.");
    expect(dialect.calls(answer)).toEqual([]);
    expect(JSON.stringify(lastBody(provider.requests))).toContain("Atlantis is under water.");
  });

  it("hides an answered call beside a good one, and tells the model both results later", async () => {
    await restart({ posts: [{ guard: "keeper" }] });
    provider.play([
      { calls: [{ name: "get_weather", arguments: { city: "Atlantis" } }, right] },
      { text: "Sunny, and under water." },
    ]);
    const history: unknown[] = [dialect.user("Weather?")];
    const first = (await (await post(gateway.url, dialect, dialect.request(history))).json()) as Json;
    expect(dialect.calls(first)).toMatchObject([right]);
    history.push(dialect.said(first), dialect.result(dialect.calls(first)[0]?.id ?? "", "21 degrees"));
    const second = await post(gateway.url, dialect, dialect.request(history));
    expect(second.status, await second.clone().text()).toBe(200);
    const sent = JSON.stringify(lastBody(provider.requests));
    expect(sent).toContain("Atlantis is under water.");
    expect(sent).toContain("21 degrees");
  });

  it("rewrites arguments, and gives the model its own words back on the next turn", async () => {
    await restart({ posts: [{ guard: "keeper" }] });
    provider.play([{ calls: [{ name: "get_weather", arguments: { city: "Roma" } }] }, { text: "Sunny." }]);
    const history: unknown[] = [dialect.user("Weather?")];
    const first = (await (await post(gateway.url, dialect, dialect.request(history))).json()) as Json;
    expect(dialect.calls(first)).toMatchObject([{ arguments: { city: "Rome" } }]);
    history.push(dialect.said(first), dialect.result(dialect.calls(first)[0]?.id ?? "", "21 degrees"));
    await post(gateway.url, dialect, dialect.request(history));
    expect(JSON.stringify(lastBody(provider.requests))).toContain("Roma");
  });

  it("asks again when a post refuses the reply", async () => {
    await restart({ posts: [{ guard: "keeper", reply: true }] });
    provider.play([{ text: "A LIE." }, { text: "The truth." }]);
    expect(dialect.text((await (await ask()).json()) as Json)).toBe("The truth.");
    provider.play([{ text: "A LIE." }, { text: "The truth." }]);
    const streamed = await (await ask({ stream: true })).text();
    expect(streamed).not.toContain("LIE");
    expect(dialect.streamed(streamed).text).toBe("The truth.");
  });

  it("drops a call that the token limit cut", async () => {
    provider.play([
      { text: "Hm.", calls: [{ name: "get_weather", arguments: '{"city":"Par' }], finish: "length" },
    ]);
    const answer = (await (await ask()).json()) as Json;
    expect(dialect.calls(answer)).toEqual([]);
    expect(JSON.stringify(answer)).toMatch(/"length"|"max_tokens"/);
  });

  it("passes the upstream's words on when it fails while it is asked again", async () => {
    provider.play([{ calls: [wrong] }, { error: { status: 529, message: "overloaded now" } }]);
    const answer = await ask();
    expect(answer.status).toBe(529);
    expect(await answer.text()).toContain("overloaded now");
  });

  it("changes nothing in report mode, and says what it would have done", async () => {
    await restart({ posts: [{ guard: "tool-schema", mode: "report" }] });
    provider.play([{ calls: [wrong] }]);
    const answer = (await (await ask()).json()) as Json;
    expect(dialect.calls(answer)).toMatchObject([wrong]);
    expect(gateway.logged.some(({ what }) => what === "verdict reported")).toBe(true);
  });
});

describe("several answers to one request", () => {
  it("are refused without a repair when one of them holds a bad call", async () => {
    const provider = await startProvider([{ choices: [{ calls: [right] }, { calls: [wrong] }] }]);
    const gateway = await startTestGateway({
      posts: [{ guard: "tool-schema" }],
      upstreams: { openai: { url: provider.url } },
      defaults: { openai: "openai", anthropic: null },
    });
    const [chat] = dialects;
    if (chat === undefined) throw new Error("no dialect");
    const answer = await post(gateway.url, chat, chat.request([chat.user("Weather?")], { n: 2 }));
    expect(answer.status).toBe(400);
    expect(await answer.text()).not.toContain('"tool_calls"');
    expect(provider.requests).toHaveLength(1);
    await gateway.stop();
    await provider.close();
  });
});
