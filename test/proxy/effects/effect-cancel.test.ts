import { execFile } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import { defineGuard, type Guard } from "../../../src/guards/guard.ts";
import { EffectCancel } from "../../../src/proxy/effects/effect-cancel.ts";
import type { Inbound } from "../../../src/proxy/inbound.ts";
import { RunningExchanges } from "../../../src/proxy/running-exchanges.ts";
import { collectGarbage } from "../support/collect-garbage.ts";
import { startHttp, startRaw } from "../support/loopback.ts";
import { startTestGateway, type RunningGateway } from "../support/running-gateway.ts";

interface Asked {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** True once its connection was closed before it was answered. */
  aborted: boolean;
}

let gateway: RunningGateway;
let stop: () => Promise<unknown> = async () => {};
/** The exchanges in the order in which they began: a client is not told an id before the first byte. */
let begun: string[];
/** What reached the tool, which answers when the test says so. */
let asked: Asked[];

async function start(
  tool: Readonly<Record<string, unknown>> = {},
  more: Readonly<Record<string, unknown>> = {},
  guards: readonly Guard[] = [],
): Promise<void> {
  begun = [];
  asked = [];
  const begin = RunningExchanges.prototype.begin;
  vi.spyOn(RunningExchanges.prototype, "begin").mockImplementation(function (this: RunningExchanges, one) {
    begun.push(one.id);
    begin.call(this, one);
  });
  const { origin } = await startHttp((incoming, outgoing) => {
    const one: Asked = { incoming: incoming.resume(), outgoing, aborted: false };
    outgoing.on("close", () => (one.aborted = !outgoing.writableFinished));
    asked.push(one);
  });
  gateway = await startTestGateway(
    { tools: { pay: { url: origin, ...tool } }, admin: { port: 0 }, drainSeconds: 0, ...more },
    guards,
  );
  stop = () => gateway.stop();
}
afterEach(async () => {
  vi.restoreAllMocks();
  await stop();
  stop = async () => {};
});

const charge = JSON.stringify({ customer: "c1", amount: 100 });

function call(headers: Readonly<Record<string, string>> = {}, signal?: AbortSignal): Promise<Response> {
  const json = { "content-type": "application/json", ...headers };
  const url = `${gateway.url}/run/r1/tools/pay/charges`;
  return fetch(url, { method: "POST", headers: json, body: charge, signal: signal ?? null });
}

const read = (): Promise<Response> => fetch(`${gateway.url}/tools/pay/charges/7`);

async function reached(count: number): Promise<void> {
  await expect.poll(() => asked.length, { timeout: 5000 }).toBe(count);
}

function answer(place: number, status: number, body = "{}"): void {
  const { outgoing } = asked[place] as Asked;
  outgoing.writeHead(status, { "content-type": "application/json" }).end(body);
}

async function cancel(place: number, query = ""): Promise<readonly [number, Record<string, unknown>]> {
  const url = `${gateway.adminUrl}/exchanges/${begun[place]}${query}`;
  const answered = await fetch(url, { method: "DELETE" });
  return [answered.status, (await answered.json()) as Record<string, unknown>];
}

function rows(sql: string): readonly Readonly<Record<string, unknown>>[] {
  const database = new DatabaseSync(gateway.ledgerFile, { readOnly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

const claims = (): readonly unknown[] =>
  rows("select state, reason from claims where kind = 'effect' order by seq").map((row) => ({ ...row }));
const resolutions = (): readonly unknown[] =>
  rows("select value from facts where kind = 'resolution'").map(({ value }) => JSON.parse(String(value)));
const states = (): readonly unknown[] => rows("select state from claims").map(({ state }) => state);
const warnings = (): readonly string[] =>
  gateway.logged.filter(({ level }) => level === "warn" || level === "error").map(({ what }) => what);

const inDoubt = { state: "in-doubt", reason: "it was cancelled by the operator before its answer came" };

/** An effect that reached the tool and was cancelled then; gives what its caller and the operator got. */
async function cancelledInFlight(): Promise<Record<string, unknown>> {
  const calling = call();
  await reached(1);
  const [status, said] = await cancel(0);
  expect([status, said]).toEqual([202, { exchange: begun[0], cancelled: true, inDoubt: said["inDoubt"] }]);
  const told = await calling;
  expect([told.status, told.headers.get("x-should-retry")]).toEqual([400, "false"]);
  const body = (await told.json()) as Record<string, unknown>;
  expect(body).toMatchObject({ code: "outcome_unknown", operation: said["inDoubt"] });
  return body;
}

describe("an effect that is cancelled while the tool works on it", () => {
  it("is in doubt, for its caller at once and for the operator, and is not aborted", async () => {
    await start();
    const { detail, operation } = await cancelledInFlight();
    expect(detail).toBe(
      "The outcome of this operation is unknown: it was cancelled by the operator before its answer came. " +
        `It may have been executed. Do not call again: operation ${String(operation)} is recorded for review.`,
    );
    expect(claims()).toEqual([inDoubt]);
    const list = ["longstop.mjs", "effects", "--in-doubt", "--json", "--ledger", gateway.ledgerFile];
    const { stdout } = await promisify(execFile)(process.execPath, list);
    expect(JSON.parse(stdout)).toMatchObject({ operation, ...inDoubt });
    expect(asked[0]?.aborted).toBe(false);
    expect(warnings()).toEqual(["effect in doubt", "exchange cancelled"]);
  });

  it("is met by equal calls as a doubt, and never sent a second time", async () => {
    await start();
    const { operation } = await cancelledInFlight();
    for (const headers of [{}, { "x-stainless-retry-count": "1" }] as const) {
      const again = await call(headers);
      expect([again.status, await again.json()]).toMatchObject([400, { code: "outcome_unknown", operation }]);
    }
    expect(asked).toHaveLength(1);
    // To cancel it once more changes nothing.
    expect(await cancel(0)).toMatchObject([202, { inDoubt: operation }]);
    expect(claims()).toEqual([inDoubt]);
  });

  it("is done by an answer that comes late, which its retry gets", async () => {
    await start();
    await cancelledInFlight();
    answer(0, 201, '{"id":"ch_1"}');
    await expect.poll(states, { timeout: 5000 }).toEqual(["done"]);
    expect(resolutions()).toMatchObject([{ before: inDoubt, after: { state: "done" } }]);
    const again = await call();
    expect([again.status, await again.json()]).toEqual([201, { id: "ch_1" }]);
    expect(asked).toHaveLength(1);
    const late = gateway.logged.find(({ what }) => what === "outcome recorded late");
    expect(late?.fields).toMatchObject({ state: "done", applied: true });
  });

  it("did not happen where the tool refuses it late, and the next call is sent", async () => {
    await start();
    await cancelledInFlight();
    answer(0, 422);
    await expect.poll(states, { timeout: 5000 }).toEqual(["resolved-not-done"]);
    expect(resolutions()).toMatchObject([{ before: inDoubt, after: { state: "resolved-not-done" } }]);
    const again = call();
    await reached(2);
    answer(1, 201);
    expect((await again).status).toBe(201);
    expect(states()).toEqual(["done"]);
  });

  it.each([503, null])("stays in doubt where the tool says nothing of it (%s)", async (status) => {
    await start();
    const { operation } = await cancelledInFlight();
    if (status === null) asked[0]?.outgoing.destroy();
    else answer(0, status);
    const ended = (): boolean => gateway.logged.some(({ what }) => what === "exchange");
    await expect.poll(ended, { timeout: 5000 }).toBe(true);
    expect(claims()).toEqual([inDoubt]);
    expect(await (await call()).json()).toMatchObject({ code: "outcome_unknown", operation });
    expect(asked).toHaveLength(1);
  });

  it("stays in doubt over a restart of the gateway", async () => {
    await start();
    const { operation } = await cancelledInFlight();
    gateway = await gateway.restart();
    expect(claims()).toEqual([inDoubt]);
    const again = await call();
    expect([again.status, await again.json()]).toMatchObject([400, { code: "outcome_unknown", operation }]);
    expect(asked).toHaveLength(1);
  });

  it("is sent again by the next call where that is safe, and its late answer does not undo that", async () => {
    await start({ idempotent: true });
    expect(await cancelledInFlight()).toMatchObject({ sentAgain: true });
    const again = call();
    await reached(2);
    answer(1, 201, '{"id":"second"}');
    expect(await (await again).json()).toEqual({ id: "second" });
    answer(0, 201, '{"id":"first"}');
    await expect
      .poll(() => rows("select late_answer from claims").map((row) => row["late_answer"] !== null))
      .toEqual([true]);
    expect(states()).toEqual(["done"]);
  });

  it("is in doubt, too, where its client is gone", async () => {
    await start();
    const leaving = new AbortController();
    const calling = call({}, leaving.signal);
    await reached(1);
    leaving.abort();
    await expect(calling).rejects.toThrow();
    expect((await cancel(0))[0]).toBe(202);
    expect(claims()).toEqual([inDoubt]);
    answer(0, 201);
    await expect.poll(states, { timeout: 5000 }).toEqual(["done"]);
  });

  it("tells those who wait for it of the doubt", async () => {
    await start();
    const first = call();
    await reached(1);
    const second = call({ "x-stainless-retry-count": "1" });
    await expect.poll(() => begun.length).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await cancel(0);
    for (const told of [await first, await second]) {
      expect(await told.json()).toMatchObject({ code: "outcome_unknown" });
    }
    expect(asked).toHaveLength(1);
  });

  it("has its lease no more, and none is missed", async () => {
    await start({}, { effects: { leaseSeconds: 5 } });
    await cancelledInFlight();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    answer(0, 201);
    await expect.poll(states, { timeout: 5000 }).toEqual(["done"]);
    expect(warnings()).not.toContain("lease lost");
  });

  it("counts as at work until the tool has no more time: what a look-up does not find is no proof", async () => {
    await start({ timeoutMs: 300_000 });
    await cancelledInFlight();
    const [{ lease_until_ms: until } = {}] = rows("select lease_until_ms from claims");
    expect(Number(until) - Date.now()).toBeGreaterThan(300_000);
  });

  it("is too late once the tool has answered", async () => {
    await start();
    const calling = call();
    await reached(1);
    const { outgoing } = asked[0] as Asked;
    outgoing.writeHead(201, { "content-type": "application/json" }).write('{"id":');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await cancel(0))[0]).toBe(409);
    outgoing.end('"ch_1"}');
    const told = await calling;
    expect([told.status, await told.json()]).toEqual([201, { id: "ch_1" }]);
    expect(claims()).toEqual([{ state: "done", reason: null }]);
  });
});

describe("a call with an effect that is cancelled before it is sent", () => {
  it("is not sent, and nothing is claimed", async () => {
    const asking = Promise.withResolvers<void>();
    const judged = Promise.withResolvers<void>();
    const slow = defineGuard<object>({
      name: "slow",
      version: 1,
      summary: "For tests.",
      options: {},
      watch: () => ({
        watches: {
          call: async () => {
            asking.resolve();
            await judged.promise;
            return { kind: "pass" };
          },
        },
      }),
    });
    await start({}, { posts: [{ guard: "slow" }] }, [slow]);
    const calling = call();
    await asking.promise;
    expect(await cancel(0)).toEqual([200, { exchange: begun[0], cancelled: true }]);
    const told = await calling;
    expect([told.status, told.headers.get("x-should-retry")]).toEqual([400, "false"]);
    expect(await told.json()).toMatchObject({
      code: "exchange_cancelled",
      detail: "This call was cancelled by the operator before it was sent to the tool.",
    });
    judged.resolve();
    await expect.poll(() => gateway.logged.some(({ what }) => what === "exchange")).toBe(true);
    expect([asked, claims()]).toEqual([[], []]);
  });

  it("that waits for an equal one is ended alone: the other one goes on", async () => {
    await start();
    const first = call();
    await reached(1);
    const second = call({ "x-stainless-retry-count": "1" });
    await expect.poll(() => begun.length).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await cancel(1))[0]).toBe(200);
    expect(await (await second).json()).toMatchObject({ code: "exchange_cancelled" });
    // It is over at once, although what it waited for is not.
    expect((await cancel(1))[0]).toBe(404);
    answer(0, 201, '{"id":"ch_1"}');
    expect(await (await first).json()).toEqual({ id: "ch_1" });
    expect([asked.length, states()]).toEqual([1, ["done"]]);
  });

  it("is not sent where it is claimed already: the claim is given back", async () => {
    // A connection whose handshake nobody answers: not one byte of the request has left.
    const { port, connections } = await startRaw(() => {});
    await start({ url: `https://127.0.0.1:${port}` });
    const calling = call();
    await expect.poll(() => connections.length).toBe(1);
    expect((await cancel(0))[0]).toBe(200);
    expect(await (await calling).json()).toMatchObject({ code: "exchange_cancelled" });
    const reason = "This call was cancelled by the operator before it was sent to the tool.";
    await expect.poll(claims).toEqual([{ state: "not-sent", reason }]);
    expect(warnings()).toEqual(["exchange cancelled"]);
  });
});

describe("what was cancelled before it was sent", () => {
  it("tells its caller at once, sends nothing any more, and waits for nobody", async () => {
    const told: unknown[] = [];
    const inbound = {
      id: "x1",
      dismiss: (tell: () => void) => tell(),
      sendAnswer: (one: { readonly body: string }) => told.push(JSON.parse(one.body)),
    } as unknown as Inbound;
    const cancelling = new EffectCancel(inbound);
    const waiting = cancelling.unlessCancelled(new Promise<never>(() => {}));
    expect(inbound.cancelling?.cancel()).toBe("cancelled");
    await expect(waiting).rejects.toThrow("cancelled by the operator");
    expect(told).toMatchObject([{ code: "exchange_cancelled" }]);
    expect(() => cancelling.check()).toThrow(LongstopError);
    expect(cancelling.left).toBe(true);
    cancelling.onLeave((reason) => told.push(reason));
    expect(told[1]).toBeInstanceOf(LongstopError);
  });
});

describe("what was sent", () => {
  const sent = { doubt: async () => ({ inDoubt: "op-1" }) };

  it("is doubted, and whoever waited for it to be sent is told nothing", async () => {
    const inbound = {} as unknown as Inbound;
    const cancelling = new EffectCancel(inbound);
    const told: unknown[] = [];
    cancelling.onLeave((reason) => told.push(reason));
    cancelling.leaves(sent);
    expect(await inbound.cancelling?.cancel()).toEqual({ inDoubt: "op-1" });
    expect([told, cancelling.left]).toEqual([[], false]);
  });

  it("cannot be cancelled once it has ended, and nothing holds it any more", async () => {
    const inbound = {} as unknown as Inbound;
    const cancelling = new EffectCancel(inbound);
    // As in a call: it is held by what it was handed to alone.
    const held = ((): readonly WeakRef<object>[] => {
      const [doubtable, listener] = [{ ...sent }, (): void => {}];
      cancelling.onLeave(listener);
      cancelling.leaves(doubtable);
      cancelling.ended();
      return [new WeakRef(doubtable), new WeakRef(listener)];
    })();
    expect(await inbound.cancelling?.cancel()).toBe("ended");
    const isHeld = (one: WeakRef<object>): boolean => one.deref() !== undefined;
    await expect.poll(() => (collectGarbage(), held.map(isHeld))).toEqual([false, false]);
  });
});

describe("a call that only reads", () => {
  it.each([
    ["passes as it comes", {}],
    ["is judged", { posts: [{ guard: "tool-schema" }] }],
  ])("and %s ends at its tool, and its client is told why", async (_how, more) => {
    await start({}, more);
    const reading = read();
    await reached(1);
    expect(await cancel(0)).toEqual([200, { exchange: begun[0], cancelled: true }]);
    const told = await reading;
    expect([told.status, told.headers.get("x-should-retry")]).toEqual([400, "false"]);
    expect(await told.json()).toMatchObject({
      code: "exchange_cancelled",
      detail: "This exchange was cancelled by the operator.",
    });
    await expect.poll(() => asked[0]?.aborted).toBe(true);
    expect(claims()).toEqual([]);
  });
});

it("cancels a call of report mode as its client would by leaving: it is in doubt", async () => {
  await start({}, { effects: { mode: "report" } });
  const calling = call();
  await reached(1);
  expect((await cancel(0))[0]).toBe(200);
  expect(await (await calling).json()).toMatchObject({ code: "exchange_cancelled" });
  await expect.poll(() => asked[0]?.aborted).toBe(true);
  await expect.poll(states).toEqual(["in-doubt"]);
});
