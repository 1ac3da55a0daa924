import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Answer } from "../../../examples/provider/answer.ts";
import { type Provider, startProvider } from "../../../examples/provider/provider.ts";
import { startToolServer } from "../../../examples/tool-server/tool-server.ts";
import { claimTurn, turnLeaseMs } from "../../../src/proxy/turns/claim-turn.ts";
import { RunningTurns } from "../../../src/proxy/turns/running-turns.ts";
import type { TurnRequest } from "../../../src/proxy/turns/serve-turn.ts";
import { recordedLog } from "../support/recorded-log.ts";
import { startTestGateway, type RunningGateway } from "../support/running-gateway.ts";

let provider: Provider;
let gateway: RunningGateway;
let written: Readonly<Record<string, unknown>>;

/** A model that never says the same twice, so that a lost replay shows. */
const random = (): Answer => ({ text: `Answer ${crypto.randomUUID()}.` });

beforeEach(async () => {
  provider = await startProvider(random);
  written = {
    upstreams: { openai: { url: provider.url } },
    turns: { mode: "enforce", graceSeconds: 2 },
  };
  gateway = await startTestGateway(written);
});
afterEach(async () => {
  await gateway.stop();
  await provider.close();
});

interface Asked {
  readonly run?: string | null;
  readonly attempt?: string;
  readonly content?: string;
  readonly stream?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

const bodyOf = ({ content = "Hi", stream = false }: Asked): string =>
  JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content }], ...(stream && { stream }) });

const pathOf = ({ run = "r", attempt }: Asked): string =>
  `${run === null ? "" : `/run/${run}`}${attempt === undefined ? "" : `/attempt/${attempt}`}/v1/chat/completions`;

const headersOf = ({ headers = {} }: Asked) => ({
  authorization: "Bearer sk-1",
  "content-type": "application/json",
  ...headers,
});

const ask = (asked: Asked = {}): Promise<Response> =>
  fetch(gateway.url + pathOf(asked), { method: "POST", headers: headersOf(asked), body: bodyOf(asked) });

async function said(asked: Asked = {}): Promise<{ text: string; replayed: string | null }> {
  const answer = await ask(asked);
  const body = await answer.text();
  return {
    text: /Answer [^.]*\./.exec(body)?.[0] ?? body,
    replayed: answer.headers.get("longstop-replayed"),
  };
}

function claimsOf(sql: string): readonly unknown[] {
  const database = new DatabaseSync(gateway.ledgerFile, { readOnly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

function blobsLike(pattern: string): number {
  const database = new DatabaseSync(gateway.ledgerFile, { readOnly: true });
  try {
    return Number(database.prepare("select count(*) as n from blobs where hash like ?").get(pattern)?.["n"]);
  } finally {
    database.close();
  }
}

describe("a turn of which the ledger cannot say anything", () => {
  it("has no record, and the log says why", async () => {
    const { log, entries } = recordedLog();
    const ledger = { claim: () => Promise.reject(new Error("down")) };
    const engine = { ledger, log, owner: "o", runningTurns: new RunningTurns(() => {}) };
    const claimed = await claimTurn({
      engine,
      inbound: { id: "x", incoming: { headersDistinct: {} } },
      caller: { tenant: "acme", run: { id: "r", stage: null, attempt: null }, agent: null },
      prompt: { model: "m" },
      place: { key: "k", explicit: true, attempt: null, form: "stream", exchange: "x" },
    } as unknown as TurnRequest);
    expect(claimed).toBeNull();
    expect(entries).toMatchObject([{ level: "warn", what: "a turn is not recorded" }]);
  });
});

describe("the turns of a run", () => {
  it("are answered again to a later attempt, the k-th to the k-th, without the model", async () => {
    const first = [await said({ attempt: "1" }), await said({ attempt: "1" }), await said({ attempt: "1" })];
    expect(new Set(first.map(({ text }) => text)).size).toBe(3);
    expect(first.map(({ replayed }) => replayed)).toEqual([null, null, null]);
    const again = [await said({ attempt: "2" }), await said({ attempt: "2" }), await said({ attempt: "2" })];
    expect(again.map(({ text }) => text)).toEqual(first.map(({ text }) => text));
    expect(again.map(({ replayed }) => replayed)).toEqual(["true", "true", "true"]);
    expect(provider.requests).toHaveLength(3);
    // Where the earlier attempt stopped, it goes on live.
    expect((await said({ attempt: "2" })).replayed).toBeNull();
    expect(provider.requests).toHaveLength(4);
  });

  it("outlive the gateway, and say how old they are", async () => {
    const first = await said({ attempt: "1" });
    gateway = await gateway.restart();
    const answer = await ask({ attempt: "2" });
    expect(await answer.text()).toContain(first.text);
    expect(answer.headers.get("longstop-replayed")).toBe("true");
    expect(Number(answer.headers.get("longstop-replayed-age-seconds"))).toBeLessThan(60);
    expect(answer.headers.get("content-type")).toContain("application/json");
    expect(provider.requests).toHaveLength(1);
  });

  it("are told in the other form to an attempt that asks in it, and read by the real SDK", async () => {
    const streamed = await (await ask({ attempt: "1", stream: true })).text();
    const text = [...streamed.matchAll(/"content":"([^"]+)"/g)].map(([, word]) => word).join("");
    const whole = await new OpenAI({
      baseURL: `${gateway.url}/run/r/attempt/2/v1`,
      apiKey: "sk-1",
    }).chat.completions.create(JSON.parse(bodyOf({})) as OpenAI.ChatCompletionCreateParamsNonStreaming);
    expect(text).toMatch(/^Answer /);
    expect(whole.choices[0]?.message.content).toBe(text);
    expect(provider.requests).toHaveLength(1);
  });

  it("are samples in one attempt, at the same time and one after the other", async () => {
    const all = await Promise.all([said(), said(), said()]);
    expect(new Set([...all, await said()].map(({ text }) => text)).size).toBe(4);
    expect(provider.requests).toHaveLength(4);
  });

  it("are samples also while an earlier one is on its way to a client that takes its time", async () => {
    provider.play(() => ({ text: ["x".repeat(16_000_000)] }));
    const { port } = gateway;
    const slow = request({ port, path: pathOf({}), method: "POST", headers: headersOf({}) });
    slow.on("error", () => {}).on("response", (answer) => void answer.pause());
    slow.end(bodyOf({}));
    const states = (): unknown => claimsOf("select state, delivered from claims where kind = 'turn'");
    await expect.poll(states, { timeout: 60_000 }).toEqual([{ state: "done", delivered: 0 }]);
    provider.play(random);
    expect((await said()).replayed).toBeNull();
    slow.destroy();
  }, 90_000);

  it("belong to their run, their caller's credential and their words", async () => {
    await said({ attempt: "1" });
    const others: Asked[] = [
      { run: "other", attempt: "2" },
      { attempt: "2", headers: { authorization: "Bearer sk-2" } },
      { attempt: "2", content: "Ho" },
      { run: null },
    ];
    for (const other of others) expect((await said(other)).replayed).toBeNull();
    expect(provider.requests).toHaveLength(5);
  });

  it("meet the record of an equal idempotency key, and refuse another request under it", async () => {
    const headers = { "idempotency-key": "k1" };
    const first = await said({ headers });
    expect(await said({ headers })).toEqual({ text: first.text, replayed: "true" });
    const conflict = await ask({ headers, content: "Ho" });
    expect(conflict.status).toBe(400);
    expect(await conflict.text()).toContain("used before with another request");
    expect(provider.requests).toHaveLength(1);
  });

  it("that were refused, or broke off, are asked for again", async () => {
    provider.play([
      { error: { status: 429 } },
      { text: ["Half ", "of it"], eventDelayMs: 20, cutAfterEvents: 2 },
      { text: "Answer third." },
    ]);
    expect((await ask({ attempt: "1" })).status).toBe(429);
    await ask({ attempt: "1", stream: true }).then((answer) => answer.text().catch(() => ""));
    expect(await said({ attempt: "2" })).toEqual({ text: "Answer third.", replayed: null });
    expect(await said({ attempt: "3" })).toEqual({ text: "Answer third.", replayed: "true" });
    expect(provider.requests).toHaveLength(3);
  });

  it("are one record where they broke off and are asked for again at once, also without a mark", async () => {
    provider.play(({ index }) => ({
      text: ["Answer ", "whole."],
      ...(index % 2 === 0 ? { dropBeforeHeaders: true } : {}),
    }));
    for (let at = 1; at <= 20; at++) {
      const run = `broken-${at}`;
      expect((await ask({ run })).status).not.toBe(200);
      expect((await said({ run })).text).toBe("Answer whole.");
    }
    const made = claimsOf(
      "select max(occurrence) as most, count(*) as count from claims where kind = 'turn'",
    );
    expect(made).toEqual([{ most: 1, count: 20 }]);
  });

  it("that nobody judges are no answer where a stream ends before its end, however properly", async () => {
    gateway = await gateway.restartWith({ ...written, posts: [] });
    provider.play([{ text: ["Half ", "of it"], cutAfterEvents: 2, cut: "end" }, { text: "Answer whole." }]);
    const cut = await (await ask({ stream: true })).text();
    expect(cut).toContain("Half");
    expect(cut).not.toContain('finish_reason":"stop');
    const marked = { "x-stainless-retry-count": "1" };
    expect(await said({ stream: true, headers: marked })).toMatchObject({ replayed: null });
    expect(await said({ attempt: "2" })).toEqual({ text: "Answer whole.", replayed: "true" });
    expect(provider.requests).toHaveLength(2);
  });

  it("are told to a later attempt while an earlier one is still being handed them", async () => {
    provider.play(() => ({ text: ["Answer ", "slow."], eventDelayMs: 100 }));
    const first = said({ attempt: "1", stream: true });
    await expect.poll(() => provider.requests.length).toBe(1);
    // These read along, and the first of each attempt is the first answer, whoever else has it then.
    const later = await Promise.all(["2", "3", "4"].map((attempt) => said({ attempt, stream: true })));
    expect(later.map(({ replayed }) => replayed)).toEqual(["true", "true", "true"]);
    await first;
    for (let at = 5; at < 30; at++) expect((await said({ attempt: `${at}` })).replayed).toBe("true");
    expect(provider.requests).toHaveLength(1);
  });

  it("are samples also in a later attempt, which asks for all of them at once", async () => {
    const texts = async (attempt: string): Promise<readonly string[]> => {
      const all = await Promise.all(Array.from({ length: 8 }, () => said({ attempt })));
      return all.map(({ text }) => text).toSorted();
    };
    const first = await texts("1");
    expect(await texts("2")).toEqual(first);
    gateway = await gateway.restart();
    expect(await texts("3")).toEqual(first);
    expect(provider.requests).toHaveLength(8);
  });

  it("that their client left are met by its retry, with or without a mark, also once they have ended", async () => {
    provider.play(() => ({ ...random(), delayMs: 400 }));
    const { port } = gateway;
    const going = request({ port, path: pathOf({}), method: "POST", headers: headersOf({}) });
    going.on("error", () => {});
    going.end(bodyOf({}));
    await expect.poll(() => provider.requests.length).toBe(1);
    going.destroy();
    await sleep(20);
    expect((await said()).replayed).toBe("true");
    const gone = request({ port, path: pathOf({}), method: "POST", headers: headersOf({}) });
    gone.on("error", () => {});
    gone.end(bodyOf({}));
    await expect.poll(() => provider.requests.length).toBe(2);
    gone.destroy();
    await expect.poll(() => provider.requests[1]?.outcome, { timeout: 3000 }).toBe("sent");
    await sleep(100);
    expect((await said()).replayed).toBe("true");
    expect(provider.requests).toHaveLength(2);
  });

  it("are in the ledger before a call of their run that they may have decided", async () => {
    const tools = await startToolServer();
    try {
      await gateway.reload({ ...written, tools: { pay: { url: tools.url } } });
      provider.play(() => ({ text: Array.from({ length: 40 }, (_, at) => `${at} `), eventDelayMs: 20 }));
      const streaming = await ask({ stream: true });
      const reader = streaming.body?.getReader();
      await reader?.read();
      const pay = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
      expect((await fetch(`${gateway.url}/run/r/tools/pay/charges`, pay)).status).toBe(201);
      expect(provider.requests[0]?.outcome).toBeNull();
      expect(blobsLike("turn-0-%-1")).toBe(1);
      await reader?.cancel();
    } finally {
      await tools.close();
    }
  });

  it("are sealed where the ledger is", async () => {
    vi.stubEnv("TURNS_TEST_KEY", randomBytes(32).toString("hex"));
    onTestFinished(() => void vi.unstubAllEnvs());
    const ledger = {
      kind: "sqlite",
      file: gateway.ledgerFile,
      encryption: { key: { env: "TURNS_TEST_KEY" } },
    };
    gateway = await gateway.restartWith({ ...written, ledger });
    const first = await said({ attempt: "1" });
    expect(await said({ attempt: "2" })).toEqual({ text: first.text, replayed: "true" });
    // The request, and the head and the one piece of the answer.
    expect([blobsLike("turn-%"), blobsLike("sealed-turn-%")]).toEqual([0, 3]);
  });

  it("are for the client that left, also where others were begun since", async () => {
    provider.play(() => ({ ...random(), delayMs: 300 }));
    const { port } = gateway;
    const going = request({ port, path: pathOf({}), method: "POST", headers: headersOf({}) });
    going.on("error", () => {});
    going.end(bodyOf({}));
    await expect.poll(() => provider.requests.length).toBe(1);
    const other = said();
    await expect.poll(() => provider.requests.length).toBe(2);
    going.destroy();
    await sleep(20);
    const [retried, sample] = [await said(), await other];
    expect([retried.replayed, sample.replayed]).toEqual(["true", null]);
    expect(retried.text).not.toBe(sample.text);
    expect(provider.requests).toHaveLength(2);
  });

  it("are made anew where other posts judge answers since", async () => {
    await said({ attempt: "1" });
    await gateway.reload({ ...written, posts: [{ guard: "tool-schema", mode: "report" }] });
    expect((await said({ attempt: "2" })).replayed).toBeNull();
    await gateway.reload(written);
    expect((await said({ attempt: "3" })).replayed).toBe("true");
  });

  it("do not take a key that cannot be one", async () => {
    const answer = await ask({ headers: { "idempotency-key": "k".repeat(300) } });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("Idempotency-Key must be 1 to 255");
  });

  it("leave their run open where its last answer broke off", async () => {
    provider.play(({ index }) =>
      index === 0 ? { text: ["Half ", "of it"], errorAfterEvents: 2 } : random(),
    );
    const last = { "longstop-run-end": "true" };
    await (await ask({ stream: true, headers: last })).text();
    expect((await ask()).status).toBe(200);
    expect((await ask({ headers: last })).status).toBe(200);
    await expect.poll(async () => (await ask()).status).toBe(400);
  });

  it("are known again by a marked retry after the gateway was started anew", async () => {
    const first = await said();
    gateway = await gateway.restart();
    expect(await said({ headers: { "x-stainless-retry-count": "1" } })).toEqual({
      ...first,
      replayed: "true",
    });
    expect((await said()).replayed).toBeNull();
  });
});

describe("the lease of a turn's claim", () => {
  it("is short where another gateway waits for a dead one's, and longer where nobody can", () => {
    expect(turnLeaseMs({})).toBe(15_000);
    expect(turnLeaseMs({ hasOneOwner: true })).toBe(60_000);
  });

  it("is that of the gateway's ledger", async () => {
    expect((await ask()).status).toBe(200);
    const database = new DatabaseSync(gateway.ledgerFile, { readOnly: true });
    const sql = "select lease_until_ms - created_at_ms as ms from claims where kind = 'turn'";
    expect(
      database
        .prepare(sql)
        .all()
        .map(({ ms }) => ms),
    ).toEqual([60_000]);
    database.close();
  });
});
