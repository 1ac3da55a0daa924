import { DatabaseSync } from "node:sqlite";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ScriptedCall } from "../../examples/provider/answer.ts";
import { type Provider, startProvider } from "../../examples/provider/provider.ts";
import { startToolServer, type ToolServer } from "../../examples/tool-server/tool-server.ts";
import { startHttp } from "../proxy/support/loopback.ts";
import { postSlowly, type SlowClient } from "../proxy/support/slow-client.ts";
import { factsOnDisk, letFactsFail } from "../proxy/support/told-facts.ts";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";

interface Mail {
  readonly to: string;
  readonly subject?: string;
}
const mail = (to: string, subject?: string): ScriptedCall => ({
  name: "send_mail",
  arguments: { to, ...(subject === undefined ? {} : { subject }) },
});

const offers = ["send_mail", "look_up", "pay"].map((name) => ({
  type: "function" as const,
  function: { name, parameters: { type: "object" as const } },
}));

let provider: Provider;
let tools: ToolServer;
let gateway: RunningGateway;
/** What the model decides on, by the last words that it is told. */
let decided: Readonly<Record<string, readonly ScriptedCall[]>>;

const decisions = [
  {
    tool: "send_mail",
    methods: ["POST"],
    path: "/emails",
    arguments: { to: "{/to}", subject: "{/subject}" },
  },
];
function written(more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    upstreams: { openai: { url: provider.url } },
    turns: { mode: "enforce", graceSeconds: 2 },
    tools: { mail: { url: tools.url, decisions } },
    ...more,
  };
}
beforeEach(async () => {
  decided = {};
  provider = await startProvider(({ parsed }) => {
    const messages = parsed["messages"] as readonly { content: string }[];
    const calls = decided[messages.at(-1)?.content ?? ""] ?? [];
    return calls.length === 0 ? { text: "Done." } : { calls };
  });
  tools = await startToolServer();
  gateway = await startTestGateway(written());
});
afterEach(async () => {
  await gateway.stop();
  await tools.close();
  await provider.close();
});

const base = (attempt: string): string => `${gateway.url}/run/r/attempt/${attempt}`;

/** Asks the model for a turn with the SDK, and gives what it decided on. */
async function turn(content: string, attempt = "a", stream = false): Promise<Mail[]> {
  const client = new OpenAI({ baseURL: `${base(attempt)}/v1`, apiKey: "sk-1", maxRetries: 0 });
  const asked = { model: "gpt-4o", messages: [{ role: "user" as const, content }], tools: offers };
  const answer = stream
    ? await client.chat.completions.stream(asked).finalChatCompletion()
    : await client.chat.completions.create(asked);
  return (answer.choices[0]?.message.tool_calls ?? []).map(
    (call) => JSON.parse("function" in call ? call.function.arguments : "{}") as Mail,
  );
}

const send = (body: object, attempt = "a", more: Record<string, string> = {}): Promise<Response> =>
  fetch(`${base(attempt)}/tools/mail/emails`, {
    method: "POST",
    headers: { "content-type": "application/json", ...more },
    body: JSON.stringify(body),
  });

async function sent(body: object, attempt = "a"): Promise<"executed" | "replayed"> {
  const answer = await send(body, attempt);
  expect(answer.status).toBe(201);
  await answer.text();
  return answer.headers.get("idempotent-replayed") === "true" ? "replayed" : "executed";
}

function claimsOnDisk(kind: "effect" | "turn"): readonly { id: unknown; detail: Record<string, unknown> }[] {
  const database = new DatabaseSync(gateway.ledgerFile, { readOnly: true });
  const rows = database.prepare("select id, detail from claims where kind = ? order by occurrence").all(kind);
  database.close();
  return rows.map(({ id, detail }) => ({
    id,
    detail: JSON.parse(String(detail)) as Record<string, unknown>,
  }));
}

const executions = (): number => tools.effects.length;

describe.each([false, true])("what a model decided on (streamed: %s)", (stream) => {
  it("is executed as often as it decided: two equal calls twice, a third one not", async () => {
    decided = { go: [mail("a@x"), mail("a@x")] };
    const calls = await turn("go", "a", stream);
    expect(calls).toHaveLength(2);
    for (const call of calls) expect(await sent(call)).toBe("executed");
    expect(await sent({ to: "a@x" })).toBe("replayed");
    expect(executions()).toBe(2);
  });

  it("is executed as often where the calls come at the same time", async () => {
    decided = { go: [mail("a@x"), mail("a@x"), mail("b@x")] };
    const calls = await turn("go", "a", stream);
    const all = await Promise.all([...calls, { to: "a@x" }, { to: "b@x" }].map((call) => sent(call)));
    expect(all.filter((one) => one === "executed")).toHaveLength(3);
    expect(executions()).toBe(3);
  });

  it("is executed once more where the model decides on it in another turn", async () => {
    decided = { go: [mail("a@x")], again: [mail("a@x")] };
    for (const content of ["go", "again"]) {
      for (const call of await turn(content, "a", stream)) expect(await sent(call)).toBe("executed");
      expect(await sent({ to: "a@x" })).toBe("replayed");
    }
    expect(executions()).toBe(2);
  });

  it("counts each of several samples of one prompt", async () => {
    decided = { go: [mail("a@x")] };
    const samples = await Promise.all([1, 2, 3].map(() => turn("go", "a", stream)));
    for (const call of samples.flat()) expect(await sent(call)).toBe("executed");
    expect(await sent({ to: "a@x" })).toBe("replayed");
    expect(executions()).toBe(3);
  });

  it("is not executed again by a later attempt, the k-th call for the k-th", async () => {
    decided = { go: [mail("a@x"), mail("a@x")] };
    for (const call of await turn("go", "a", stream)) expect(await sent(call)).toBe("executed");
    const again = await turn("go", "b", stream);
    expect(provider.requests).toHaveLength(1);
    for (const call of again) expect(await sent(call, "b")).toBe("replayed");
    expect(await sent({ to: "a@x" }, "b")).toBe("replayed");
    expect(executions()).toBe(2);
  });

  it("is executed by a later attempt where the first one had not come to it", async () => {
    decided = { go: [mail("a@x"), mail("a@x")] };
    const [first = { to: "" }] = await turn("go", "a", stream);
    expect(await sent(first)).toBe("executed");
    const again = await turn("go", "b", stream);
    const done: string[] = [];
    for (const call of again) done.push(await sent(call, "b"));
    expect(done).toEqual(["replayed", "executed"]);
    expect(executions()).toBe(2);
  });

  it("is known after a restart between the turn and its calls", async () => {
    decided = { go: [mail("a@x"), mail("a@x")] };
    const calls = await turn("go", "a", stream);
    gateway = await gateway.restart();
    for (const call of calls) expect(await sent(call)).toBe("executed");
    gateway = await gateway.restart();
    expect(await sent({ to: "a@x" })).toBe("replayed");
    expect(executions()).toBe(2);
  });
});

describe("a call that no model decided on", () => {
  const code = async (answer: Response): Promise<unknown> => ((await answer.json()) as { code: string }).code;
  const block = (): Promise<RunningGateway> =>
    gateway.restartWith(written({ effects: { unrequested: "block" } }));
  const toolVerdicts = (): readonly unknown[] =>
    factsOnDisk(gateway.ledgerFile, "verdict").flatMap(({ value }) =>
      value["plane"] === "tool" ? [value] : [],
    );
  const warned = (): readonly unknown[] =>
    gateway.logged
      .filter(({ what }) => what === "a call that no model decided on")
      .map(({ fields }) => fields);

  it("is dispatched and reported, with the nearest decision named", async () => {
    decided = { go: [mail("b@x", "Hi"), mail("a@x", "Hello")] };
    await turn("go");
    expect(await sent({ to: "a@x", subject: "Hello!" })).toBe("executed");
    expect(warned()).toEqual([
      expect.objectContaining({
        tool: "mail",
        dispatched: true,
        sentence: expect.stringMatching(/The nearest is send_mail \(\S+\), which differs in subject\.$/),
      }),
    ]);
    const verdicts = toolVerdicts();
    expect(verdicts).toMatchObject([
      { guard: "decisions", moment: "call", verdict: "block", done: "only-reported", tool: "send_mail" },
    ]);
    expect(JSON.stringify(verdicts)).not.toContain("a@x");
    expect(executions()).toBe(1);
  });

  it("is blocked where that is wanted: nothing is sent, and no client tries again", async () => {
    gateway = await block();
    decided = { go: [mail("b@x", "Hi"), mail("a@x", "Hello")] };
    await turn("go");
    const refused = await send({ to: "a@x", subject: "Hello!" });
    expect(refused.status).toBe(400);
    expect(refused.headers.get("x-should-retry")).toBe("false");
    const body = (await refused.json()) as { detail: string; nearest: object };
    expect(body).toMatchObject({ code: "unrequested", type: "urn:longstop:unrequested" });
    expect(body.detail).toMatch(/^Nothing was sent\. /);
    expect(body.detail).toMatch(/differs in subject\. subject: decided "Hello", called "Hello!"\.$/);
    expect(body.nearest).toMatchObject({
      name: "send_mail",
      differing: [{ argument: "subject", decided: '"Hello"', called: '"Hello!"' }],
    });
    const verdicts = toolVerdicts();
    expect(verdicts).toMatchObject([{ guard: "decisions", mode: "enforce", done: "carried-out" }]);
    expect(executions()).toBe(0);
    expect(await sent({ subject: "Hello", to: "a@x" })).toBe("executed");
  });

  it("is told which calls there are, where none is of that name", async () => {
    gateway = await block();
    decided = { go: [{ name: "look_up", arguments: { to: "a@x" } }] };
    await turn("go");
    const refused = (await (await send({ to: "a@x" })).json()) as { detail: string };
    expect(refused.detail).toContain("a call of send_mail, and the model decided on calls of look_up alone");
    await turn("nothing", "b");
    const other = (await (await send({ to: "a@x" }, "b")).json()) as { detail: string };
    expect(other.detail).toContain("the model decided on no call at all");
    expect(executions()).toBe(0);
  });

  it("passes as it always did where no answer of a model was seen in the attempt", async () => {
    gateway = await block();
    expect(await sent({ to: "a@x" })).toBe("executed");
    await turn("nothing");
    expect(await code(await send({ to: "a@x" }))).toBe("unrequested");
    expect(await sent({ to: "c@x" }, "b")).toBe("executed");
    expect(warned()).toHaveLength(1);
  });

  it("passes as it always did by a path that is mapped to nothing, and by a method", async () => {
    gateway = await block();
    await turn("nothing");
    const post = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
    expect((await fetch(`${base("a")}/tools/mail/charges`, post)).status).toBe(201);
    expect((await fetch(`${base("a")}/tools/mail/emails`, { ...post, method: "PUT" })).status).toBe(201);
    for (const path of ["/emails", "//emails", "/%65mails", "/EMAILS", "/x/../emails"]) {
      const refused = await fetch(`${base("a")}/tools/mail${path}`, post);
      expect([path, refused.status]).toEqual([path, 400]);
    }
    expect(executions()).toBe(2);
  });

  it("belongs to its stage", async () => {
    gateway = await block();
    decided = { go: [mail("a@x")] };
    await turn("go");
    const post = { method: "POST", headers: { "content-type": "application/json" }, body: '{"to":"a@x"}' };
    const refused = await fetch(`${base("a")}/stage/send/tools/mail/emails`, post);
    expect(((await refused.json()) as { detail: string }).detail).toContain("belongs to no stage");
    expect(await sent({ to: "a@x" })).toBe("executed");
  });

  it("is no decision where the model's answer broke off, or was refused", async () => {
    gateway = await block();
    decided = { go: [mail("a@x")] };
    await provider.close();
    provider = await startProvider(({ index }) =>
      index === 0
        ? { calls: [mail("a@x")], cutAfterEvents: 2, cut: "break" }
        : index === 1
          ? { error: { status: 400, message: "no" } }
          : { text: "Done." },
    );
    gateway = await gateway.restartWith(written({ effects: { unrequested: "block" } }));
    await expect(turn("go", "a", true)).rejects.toThrow();
    await expect(turn("go", "a", true)).rejects.toThrow();
    await turn("end");
    expect(await code(await send({ to: "a@x" }))).toBe("unrequested");
    expect(executions()).toBe(0);
  });
});

describe("which call carries out a decision", () => {
  it("is told by the arguments that the mapping names: what it leaves out makes no other call", async () => {
    decided = { go: [mail("a@x", "Hi")] };
    await turn("go");
    expect(await sent({ to: "a@x", subject: "Hi", sentAt: "10:00" })).toBe("executed");
    expect(await sent({ to: "a@x", subject: "Hi", sentAt: "10:01" })).toBe("replayed");
    await turn("go", "b");
    expect(await sent({ to: "a@x", subject: "Hi", sentAt: "11:00" }, "b")).toBe("replayed");
    expect(executions()).toBe(1);
  });

  it("is told by segments, query and form, whatever their types", async () => {
    const mapped = {
      tool: "pay",
      path: "/accounts/{account}/charges",
      arguments: {
        account: "{account}",
        amount: "{/amount}",
        urgent: "{?urgent}",
        note: "{account}: {/note}",
      },
    };
    gateway = await gateway.restartWith(
      written({
        tools: { mail: { url: tools.url, decisions: [mapped] } },
        effects: { unrequested: "block" },
      }),
    );
    const call = { account: "a/1", amount: 12.5, urgent: true, note: "a/1: rent", why: "it is due" };
    decided = { go: [{ name: "pay", arguments: call }] };
    await turn("go");
    const pay = (form: string): Promise<Response> =>
      fetch(`${base("a")}/tools/mail/accounts/a%2F1/charges?urgent=true`, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: form,
      });
    expect((await pay("amount=12.50&note=rent")).status).toBe(201);
    const again = await pay("note=rent&amount=12.5");
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect((await pay("amount=13&note=rent")).status).toBe(400);
    expect(executions()).toBe(1);
  });

  it("stays the one that was executed before its decision was known", async () => {
    expect(await sent({ to: "a@x" })).toBe("executed");
    decided = { go: [mail("a@x")] };
    await turn("go");
    expect(await sent({ to: "a@x" })).toBe("replayed");
    await turn("go", "b");
    expect(await sent({ to: "a@x" }, "b")).toBe("replayed");
    expect(executions()).toBe(1);
  });

  it("is known to an attempt that goes on from a checkpoint, without asking for earlier turns again", async () => {
    gateway = await gateway.restartWith(written({ effects: { unrequested: "block" } }));
    decided = { go: [mail("a@x"), mail("a@x")] };
    const [first = { to: "" }] = await turn("go");
    expect(await sent(first)).toBe("executed");
    await turn("later", "b");
    const done: string[] = [];
    for (let i = 0; i < 3; i++) done.push(await sent({ to: "a@x" }, "b"));
    expect(done).toEqual(["replayed", "executed", "replayed"]);
    expect(executions()).toBe(2);
  });

  it("is named by the record of its operation", async () => {
    decided = { go: [mail("a@x"), mail("a@x")] };
    await turn("go");
    for (let i = 0; i < 2; i++) await sent({ to: "a@x" });
    const [first] = claimsOnDisk("turn");
    const call = { turn: first?.id, call: expect.any(String) as unknown };
    expect(claimsOnDisk("effect").map(({ detail }) => detail["decisions"])).toEqual([
      [call, call],
      [call, call],
    ]);
  });
});

describe("a call that comes again", () => {
  /** Sends a call and leaves before its answer; resolves once the tool has it. */
  async function leave(body: object): Promise<void> {
    const before = tools.requests.length;
    const leaving = new AbortController();
    const gone = fetch(`${base("a")}/tools/mail/emails`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: leaving.signal,
    });
    await expect.poll(() => tools.requests.length).toBe(before + 1);
    leaving.abort();
    await expect(gone).rejects.toThrow();
  }

  it("because its client was gone gets the first one's answer, also where another is decided on", async () => {
    decided = { go: [mail("a@x"), mail("a@x")] };
    await turn("go");
    tools.behave("slow,delayMs=400");
    await leave({ to: "a@x" });
    expect(await sent({ to: "a@x" })).toBe("replayed");
    expect(executions()).toBe(1);
    expect(await sent({ to: "a@x" })).toBe("executed");
    expect(executions()).toBe(2);
  });

  it("because its SDK counts a retry gets the first one's answer", async () => {
    decided = { go: [mail("a@x"), mail("a@x")] };
    await turn("go");
    expect(await sent({ to: "a@x" })).toBe("executed");
    const retry = await send({ to: "a@x" }, "a", { "x-stainless-retry-count": "1" });
    expect(retry.headers.get("idempotent-replayed")).toBe("true");
    expect(await sent({ to: "a@x" })).toBe("executed");
    expect(executions()).toBe(2);
  });

  it("while all that was decided on runs waits for it", async () => {
    decided = { go: [mail("a@x")] };
    await turn("go");
    tools.behave("slow,delayMs=300");
    expect((await Promise.all([1, 2, 3].map(() => sent({ to: "a@x" })))).toSorted()).toEqual([
      "executed",
      "replayed",
      "replayed",
    ]);
    expect(executions()).toBe(1);
  });

  it("after a refusal is executed under the same decision", async () => {
    decided = { go: [mail("a@x")] };
    await turn("go");
    tools.behave("429");
    expect((await send({ to: "a@x" })).status).toBe(429);
    expect(await sent({ to: "a@x" })).toBe("executed");
    expect(await sent({ to: "a@x" })).toBe("replayed");
    expect(executions()).toBe(1);
  });

  it("is not executed beside one in doubt, whatever else was decided on", async () => {
    decided = { go: [mail("a@x"), mail("a@x")] };
    await turn("go");
    tools.behave("effect-then-drop");
    for (let i = 0; i < 2; i++)
      expect(await (await send({ to: "a@x" })).json()).toMatchObject({ code: "outcome_unknown" });
    expect(executions()).toBe(1);
  });

  it("in an attempt that replays at once what an earlier one did not come to is executed", async () => {
    decided = { go: [mail("a@x"), mail("a@x"), mail("a@x")] };
    const [first = { to: "" }] = await turn("go");
    await sent(first);
    const all = await Promise.all((await turn("go", "b")).map((call) => sent(call, "b")));
    expect(all.toSorted()).toEqual(["executed", "executed", "replayed"]);
    expect(executions()).toBe(3);
  });
});

describe("a call while the answer of an equal one is on its way", () => {
  const large = JSON.stringify({ text: "x".repeat(8_000_000) });
  let calls: number;
  beforeEach(async () => {
    calls = 0;
    const { origin } = await startHttp((incoming, outgoing) => {
      calls += 1;
      incoming.resume();
      outgoing.writeHead(201, { "content-type": "application/json" }).end(large);
    });
    gateway = await gateway.restartWith(written({ tools: { mail: { url: origin, decisions } } }));
    decided = { go: [mail("a@x"), mail("a@x")] };
  });
  const slowly = (attempt: string): Promise<SlowClient> =>
    postSlowly(`${base(attempt)}/tools/mail/emails`, { to: "a@x" });

  it("to a client that is still there is another one", async () => {
    await turn("go");
    const slow = await slowly("a");
    expect(await sent({ to: "a@x" })).toBe("executed");
    expect(await sent({ to: "a@x" })).toBe("replayed");
    await slow.read();
    expect(calls).toBe(2);
  });

  it("to a later attempt, which gets it from the ledger, is another one", async () => {
    await turn("go");
    expect(await sent({ to: "a@x" })).toBe("executed");
    await turn("go", "b");
    const slow = await slowly("b");
    expect(slow.headers["idempotent-replayed"]).toBe("true");
    expect(await sent({ to: "a@x" }, "b")).toBe("executed");
    await slow.read();
    expect(calls).toBe(2);
  });
});

describe("a call that is ahead of what is known", () => {
  /** An agent that executes the first call of a turn as soon as the second one begins. */
  async function executeEagerly(content: string): Promise<string[]> {
    const client = new OpenAI({ baseURL: `${base("a")}/v1`, apiKey: "sk-1", maxRetries: 0 });
    const messages = [{ role: "user" as const, content }];
    const stream = await client.chat.completions.create({ model: "gpt-4o", messages, stream: true });
    let first: Promise<string> | null = null;
    for await (const chunk of stream) {
      const [call] = chunk.choices[0]?.delta.tool_calls ?? [];
      if (call?.index === 1) first ??= sent({ to: "a@x" });
    }
    return [(await first) ?? "never", await sent({ to: "b@x" })];
  }

  it("waits for the turn that decides on it, where its agent executes calls while they stream in", async () => {
    await provider.close();
    provider = await startProvider(({ index }) =>
      index === 0 ? { text: "Hi." } : { calls: [mail("a@x"), mail("b@x")], eventDelayMs: 30 },
    );
    gateway = await gateway.restartWith(written({ posts: [], effects: { unrequested: "block" } }));
    await turn("nothing");
    expect(await executeEagerly("go")).toEqual(["executed", "executed"]);
    // All that is known has been carried out, and the turn that is being made decides on more.
    expect(await executeEagerly("again")).toEqual(["executed", "executed"]);
    expect(executions()).toBe(4);
  });

  it("is refused while the ledger is down, and bound once it is back", async () => {
    decided = { go: [mail("a@x"), mail("a@x")] };
    await turn("nothing");
    letFactsFail(gateway.ledgerFile, true);
    await turn("go");
    expect((await send({ to: "a@x" })).status).toBe(503);
    expect(executions()).toBe(0);
    letFactsFail(gateway.ledgerFile, false);
    for (let i = 0; i < 2; i++) expect(await sent({ to: "a@x" })).toBe("executed");
    expect(await sent({ to: "a@x" })).toBe("replayed");
    expect(executions()).toBe(2);
  });
});
