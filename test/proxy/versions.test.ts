import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { startProvider, type Provider } from "../../examples/provider/provider.ts";
import type { NewFact } from "../../src/exchange/fact.ts";
import { pass } from "../../src/exchange/verdict.ts";
import { defineGuard, type Guard } from "../../src/guards/guard.ts";
import { Conversations } from "../../src/proxy/conversation.ts";
import { Roster } from "../../src/proxy/roster.ts";
import { Versions, versionOf } from "../../src/proxy/versions.ts";
import { sqliteUnderTest } from "../ledger/sqlite/under-test.ts";
import { callerOf } from "./support/plain-exchange.ts";
import { recordedLog } from "./support/recorded-log.ts";
import { startTestGateway, type RunningGateway } from "./support/running-gateway.ts";

/** Writes a word before every result, and refuses calls of a tool of that name. */
const stamp = (version = 1): Guard =>
  defineGuard<{ word: string; tool: string }>({
    name: "stamp",
    version,
    summary: "For tests.",
    options: {
      word: { type: "string", default: "", description: "What is written." },
      tool: { type: "string", default: "", description: "What is refused." },
    },
    watch: ({ word, tool }) => ({
      watches: {
        result: ({ texts }) =>
          word === ""
            ? pass
            : {
                kind: "rewrite",
                to: { texts: texts.map((text) => `${word}:${text}`) },
                reason: "stamped",
              },
        call: ({ call }) =>
          call.name === tool
            ? { kind: "block", reason: "refused", toModel: "Not this one.", policy: true }
            : pass,
      },
    }),
  });

/** Lets no prompt pass that holds a word. It never rewrites. */
const stop: Guard = defineGuard<{ word: string }>({
  name: "stop",
  version: 1,
  summary: "For tests.",
  rewrites: false,
  options: { word: { type: "string", default: "", description: "What is refused." } },
  watch: ({ word }) => ({
    watches: {
      prompt: ({ parts }) =>
        word !== "" && parts.some(({ texts }) => texts.some((text) => text.includes(word)))
          ? { kind: "block", reason: "stopped", toModel: "Stopped." }
          : pass,
    },
  }),
});

type Posts = readonly Readonly<Record<string, unknown>>[];

describe("a conversation", () => {
  let provider: Provider;
  let gateway: RunningGateway;

  const written = (posts: Posts) => ({ posts, upstreams: { openai: { url: provider.url } } });
  const from = (word: string, more: Readonly<Record<string, unknown>> = {}): Posts => [
    { guard: "stamp", word, ...more },
  ];

  async function start(posts: Posts, guards: readonly Guard[] = [stamp(), stop]): Promise<void> {
    gateway = await startTestGateway(written(posts), guards);
  }
  beforeEach(async () => {
    provider = await startProvider();
    provider.play(() => ({ text: "Good." }));
  });
  afterEach(async () => {
    await gateway.stop();
    await provider.close();
  });

  /** One request of the conversation with this task and so many results; gives what the model was shown of them. */
  async function turn(task: string, results: number, said = ""): Promise<readonly string[]> {
    const loops = Array.from({ length: results }, (_, i) => [
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: `c${i}`, type: "function", function: { name: "look", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: `c${i}`, content: `r${i}` },
    ]).flat();
    const messages = [
      { role: "user", content: task },
      ...loops,
      ...(said === "" ? [] : [{ role: "user", content: said }]),
    ];
    const tools = [{ type: "function", function: { name: "look", parameters: { type: "object" } } }];
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "gpt-4o", messages, tools }),
    });
    if (!answer.ok) return [`${answer.status}`];
    const sent = provider.requests.at(-1)?.parsed["messages"] as { role: string; content: string }[];
    return sent.filter(({ role }) => role === "tool").map(({ content }) => content);
  }

  const warnings = (what: string) => gateway.logged.filter((line) => line.what === what);

  it("keeps the posts that it began with when the configuration changes, and others get the new ones", async () => {
    await start(from("one"));
    expect(await turn("a", 1)).toEqual(["one:r0"]);
    await gateway.reload(written(from("two")));
    expect(await turn("a", 2)).toEqual(["one:r0", "one:r1"]);
    expect(await turn("b", 1)).toEqual(["two:r0"]);
    await gateway.reload(written(from("three")));
    expect(await turn("a", 3)).toEqual(["one:r0", "one:r1", "one:r2"]);
    expect(await turn("b", 2)).toEqual(["two:r0", "two:r1"]);
  });

  it("keeps as they are the results that its posts saw and let pass", async () => {
    await start(from(""));
    expect(await turn("a", 1)).toEqual(["r0"]);
    await gateway.reload(written(from("two")));
    expect(await turn("a", 2)).toEqual(["r0", "r1"]);
    expect(await turn("b", 1)).toEqual(["two:r0"]);
  });

  it("keeps them over a restart with another file", async () => {
    await start(from("one"));
    await turn("a", 1);
    gateway = await gateway.restartWith(written([{ guard: "tool-schema" }, ...from("two")]));
    expect(await turn("a", 2)).toEqual(["one:r0", "one:r1"]);
    expect(await turn("b", 1)).toEqual(["two:r0"]);
    gateway = await gateway.restartWith(written([{ guard: "tool-schema" }]));
    expect(await turn("a", 2)).toEqual(["one:r0", "one:r1"]);
    expect(await turn("c", 1)).toEqual(["r0"]);
  });

  it("is judged by the configuration in force where calls, and prompts that are only let pass, are concerned", async () => {
    await start([{ guard: "stop" }, ...from("one")]);
    await turn("a", 1);
    await gateway.reload(written([{ guard: "stop", word: "forbidden" }, ...from("two", { tool: "look" })]));
    expect(await turn("a", 1, "forbidden")).toEqual(["400"]);
    provider.play(() => ({ calls: [{ name: "look", arguments: {} }] }));
    expect(await turn("a", 1)).toEqual(["403"]);
    expect(provider.requests.at(-1)?.body).toContain("one:r0");
  });

  it("that nothing was rewritten of is not pinned, so most cost nothing", async () => {
    await start(from("one"));
    await turn("a", 0);
    expect(pins()).toEqual([]);
    await gateway.reload(written(from("two")));
    expect(await turn("a", 1)).toEqual(["two:r0"]);
    await turn("a", 2);
    await turn("a", 3);
    // The pin, and the text of the version: once each.
    expect(pins()).toEqual(["rewriting-posts", "rewriting-version"]);
  });

  function pins(): readonly string[] {
    const database = new DatabaseSync(gateway.ledgerFile, { readOnly: true });
    const rows = database.prepare("select kind from facts where kind like 'rewriting-%' order by kind").all();
    database.close();
    return rows.map(({ kind }) => String(kind).split(" ", 1)[0] ?? "");
  }

  it("goes by the configuration in force where its own is lost, which is said once", async () => {
    await start(from("one"));
    await turn("a", 1);
    const database = new DatabaseSync(gateway.ledgerFile);
    await gateway.restart().then((again) => (gateway = again));
    database.exec("delete from facts where kind like 'rewriting-posts %'");
    database.close();
    gateway = await gateway.restartWith(written(from("two")));
    expect(await turn("a", 2)).toEqual(["two:r0", "two:r1"]);
    expect(warnings("a conversation's version of the posts is lost")).toMatchObject([
      { fields: { problem: "its text is not in the ledger" } },
    ]);
    // From here on it keeps that one.
    await gateway.reload(written(from("three")));
    expect(await turn("a", 2)).toEqual(["two:r0", "two:r1"]);
  });

  it("sees an exchange that runs to its end on the configuration that it began with", async () => {
    await start(from("one"));
    let go = (): void => {};
    const held = new Promise<void>((resolve) => (go = resolve));
    provider.play(async () => {
      await held;
      return { calls: [{ name: "look", arguments: {} }] };
    });
    const running = turn("a", 1);
    await expect.poll(() => provider.requests.length).toBe(1);
    await gateway.reload(written(from("two", { tool: "look" })));
    go();
    expect(await running).toEqual(["one:r0"]);
  });

  it("gets no other configuration once the gateway is shutting down", async () => {
    await start(from("one"));
    let go = (): void => {};
    const held = new Promise<void>((resolve) => (go = resolve));
    provider.play(() => held.then(() => ({ text: "Good." })));
    const running = turn("a", 1);
    await expect.poll(() => provider.requests.length).toBe(1);
    const stopping = gateway.stop();
    await expect(gateway.reload(written(from("two")))).rejects.toThrow("shutting down");
    go();
    expect(await running).toEqual(["one:r0"]);
    await stopping;
  });
});

it("is not pinned anew while its own version cannot be read, only remembered", async () => {
  const under = await sqliteUnderTest();
  onTestFinished(() => under.close());
  const { log } = recordedLog();
  const conversations = new Conversations(under.ledger, log);
  const roster = new Roster([stamp()], {
    now: () => 0,
    framingKey: () => Promise.resolve(new Uint8Array(32)),
    report: () => {},
  });
  const made = (word: string) => {
    const posts = [{ guard: "stamp", mode: "enforce", onError: "block", planes: ["llm"] }] as const;
    const { entries } = roster.putOnDuty(posts.map((post) => ({ ...post, options: { word, tool: "" } })));
    return versionOf(entries);
  };
  const versions = new Versions(under.ledger, roster, log);
  const [one, two] = [made("one"), made("two")];
  const known = (): ReturnType<Conversations["facts"]> => conversations.facts(callerOf(), "c");
  const append = (facts: readonly NewFact[]): Promise<boolean> =>
    conversations.append(callerOf(), "c", facts);
  await versions.pin(callerOf(), "c", await known(), one.id, one, append);
  // Reading failed, and writing would not.
  await versions.pin(callerOf(), "c", { facts: [], writable: false }, two.id, two, append);
  versions.keep(one);
  expect((await versions.of(callerOf(), "c", await known(), two)).id).toBe(one.id);
  await versions.close();
});
