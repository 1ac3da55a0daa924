import { describe, expect, it, onTestFinished } from "vitest";
import { startToolServer, type ToolServer } from "../../../examples/tool-server/tool-server.ts";
import { LongstopError } from "../../../src/exchange/error.ts";
import type { ClaimRecord, Ledger } from "../../../src/ledger/ledger.ts";
import { systemClock } from "../../../src/proxy/clock.ts";
import { CallKey } from "../../../src/proxy/effects/call-key.ts";
import { Dispatch } from "../../../src/proxy/effects/dispatch.ts";
import { termsOf } from "../../../src/proxy/effects/terms.ts";
import { EffectCancel } from "../../../src/proxy/effects/effect-cancel.ts";
import type { Engine } from "../../../src/proxy/engine.ts";
import type { Inbound } from "../../../src/proxy/inbound.ts";
import { groupPosts } from "../../../src/proxy/posts.ts";
import { findRoute } from "../../../src/proxy/routes.ts";
import { Upstreams } from "../../../src/proxy/upstream.ts";
import { sqliteUnderTest, type SqliteUnderTest } from "../../ledger/sqlite/under-test.ts";
import { effectClaim } from "../support/effect-claim.ts";
import { engineSettings, generousTimeouts, toolOf } from "../support/engine-settings.ts";
import { startInbound } from "../support/inbound-server.ts";
import { recordedLog } from "../support/recorded-log.ts";

interface Bench {
  readonly tools: ToolServer;
  readonly under: SqliteUnderTest;
  /** Dispatches one claimed operation; gives what the client got, or what was thrown. */
  dispatch(how?: {
    behave?: string;
    headers?: Record<string, string>;
    /** An operator cancels it, before it is sent. */
    cancelled?: boolean;
    doubted?: boolean;
  }): Promise<Response | LongstopError>;
  read(): Promise<ClaimRecord>;
  /** As an operator cancels the dispatch under way. */
  cancel(): unknown;
}

/** A dispatch with everything real; `broken` takes the place of verbs of the ledger. */
async function setUp(broken: (ledger: Ledger) => Partial<Ledger> = () => ({})): Promise<Bench> {
  const tools = await startToolServer();
  const under = await sqliteUnderTest();
  const upstreams = new Upstreams(generousTimeouts);
  onTestFinished(async () => {
    await upstreams.close();
    await tools.close();
    await under.close();
  });
  const tool = { ...toolOf("pay", tools.url), timeoutMs: 1_000 };
  const settings = engineSettings({ tools: new Map([["pay", tool]]) });
  const { record } = await under.ledger.claim(effectClaim());
  const verbs = ["settle", "put", "get", "renew"] as const;
  const bound = Object.fromEntries(verbs.map((verb) => [verb, under.ledger[verb].bind(under.ledger)]));
  const ledger = { ...bound, ...broken(under.ledger) } as unknown as Ledger;
  const engine = {
    settings,
    upstreams,
    ledger,
    log: recordedLog().log,
    clock: systemClock,
    posts: groupPosts([]),
  } as unknown as Engine;
  let running: Inbound | null = null;
  return {
    tools,
    under,
    cancel: () => running?.cancel(new LongstopError("exchange_cancelled", "Cancelled.")),
    async dispatch({ behave, headers = {}, cancelled = false, doubted = false } = {}) {
      if (behave !== undefined) tools.behave(behave);
      const { origin, served } = await startInbound(async (inbound) => {
        const route = findRoute("/tools/pay/charges?a=1", {}, settings);
        const at = { id: "x", plane: "tool", protocol: "http-tool", target: "pay" } as never;
        const terms = termsOf(tool, "POST", route.path);
        const exchange = { engine, inbound, at, route, tool, terms, cancel: new EffectCancel(inbound) };
        const key = new CallKey(exchange, Buffer.from('{"a":1}'));
        running = inbound;
        if (cancelled) void inbound.cancel(new LongstopError("exchange_cancelled", "Cancelled."));
        await new Dispatch(exchange, { ...record, clientKey: "key-1", doubted }, key).run();
      });
      const answer = fetch(origin, { method: "POST", body: '{"a":1}', headers }).catch(() => null);
      const thrown = await served.then(
        () => null,
        (error: unknown) => error,
      );
      if (thrown instanceof LongstopError) return thrown;
      if (thrown !== null) throw thrown;
      return (await answer) as Response;
    },
    read: async () => (await under.ledger.read(record.id)) as ClaimRecord,
  };
}

describe("a dispatch", () => {
  it("carries our key in the place of any other, the tool's path and query, and none of our headers", async () => {
    const { dispatch, tools } = await setUp();
    await dispatch({ headers: { "Idempotency-Key": "the client's", "longstop-run": "r1", "x-own": "1" } });
    const [request] = tools.requests;
    expect(request?.path).toBe("/charges?a=1");
    expect(request?.headers["idempotency-key"]).toBe("key-1");
    expect(request?.headers["x-own"]).toBe("1");
    expect(request?.headers["longstop-run"]).toBeUndefined();
  });

  it("has its outcome on disk before the first byte of the answer leaves", async () => {
    let answered = false;
    const order: string[] = [];
    const { dispatch, read } = await setUp((ledger) => ({
      settle: async (...args) => {
        order.push(answered ? "answered before" : "settled");
        return ledger.settle(...args);
      },
    }));
    const answer = (await dispatch()) as Response;
    answered = true;
    expect(order).toEqual(["settled"]);
    expect(await answer.json()).toMatchObject({ status: "done" });
    expect(await read()).toMatchObject({ state: "done", answer: { status: 201, extent: "whole" } });
  });

  it("shows nobody an outcome without its answer, where the ledger takes both in any order", async () => {
    const order: string[] = [];
    const { dispatch } = await setUp((ledger) => ({
      put: async (...args) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        order.push("put");
        return ledger.put(...args);
      },
      settle: (...args) => {
        order.push("settle");
        return ledger.settle(...args);
      },
    }));
    expect(await dispatch()).toMatchObject({ status: 201 });
    expect(order).toEqual(["put", "settle"]);
  });

  it("never says ok when its outcome cannot be written, and writes it once the ledger is back", async () => {
    let down = true;
    const { dispatch, tools, read } = await setUp((ledger) => ({
      settle: (...args) => (down ? Promise.reject(new Error("disk full")) : ledger.settle(...args)),
    }));
    expect(await dispatch()).toMatchObject({ code: "outcome_unknown", status: 400 });
    expect(tools.effects).toHaveLength(1);
    expect((await read()).state).toBe("intent");
    down = false;
    await expect.poll(async () => (await read()).state, { timeout: 5_000 }).toBe("done");
    expect(await read()).toMatchObject({ answer: { status: 201, extent: "whole" }, delivered: false });
  });

  it("says what the tool said when only the body cannot be kept; a retry hears that it happened", async () => {
    const { dispatch, read } = await setUp(() => ({ put: () => Promise.reject(new Error("over its size")) }));
    expect(await dispatch()).toMatchObject({ status: 201 });
    const { state, answer } = await read();
    expect([state, answer?.status, answer?.body]).toEqual(["done", 201, [expect.any(String)]]);
  });

  it("keeps the body beside its outcome as soon as the ledger takes it", async () => {
    let down = true;
    const { dispatch, read, under } = await setUp((ledger) => ({
      put: (...args) => (down ? Promise.reject(new Error("disk full")) : ledger.put(...args)),
    }));
    const said = await ((await dispatch()) as Response).text();
    const { state, tenant, answer } = await read();
    expect([state, answer?.body.length]).toEqual(["done", 1]);
    const kept = (): Promise<Uint8Array | null> => under.ledger.get(tenant, answer?.body[0] ?? "");
    expect(await kept()).toBeNull();
    down = false;
    await expect
      .poll(async () => Buffer.from((await kept()) ?? []).toString(), { timeout: 5_000 })
      .toBe(said);
  });

  it.each([
    [false, "not-sent", "This call was cancelled by the operator before it was sent to the tool."],
    [true, "in-doubt", "it was dispatched again, and this time nothing was sent"],
  ])(
    "that was cancelled is not sent, and leaves an earlier doubt as it was (%s)",
    async (doubted, ...ended) => {
      const { dispatch, tools, read } = await setUp();
      await dispatch({ cancelled: true, doubted });
      const { state, reason } = await read();
      expect([state, reason]).toEqual(ended);
      expect(tools.requests).toEqual([]);
    },
  );

  it("whose doubt cannot be written when it is cancelled counts as running until it answers", async () => {
    let down = true;
    const bench = await setUp((ledger) => ({
      settle: (...args) => (down ? Promise.reject(new Error("disk full")) : ledger.settle(...args)),
    }));
    bench.tools.behave("slow,delayMs=600");
    const dispatched = bench.dispatch();
    await expect.poll(() => bench.tools.effects.length).toBe(1);
    const said = bench.cancel();
    expect(await said).toMatchObject({ inDoubt: expect.any(String) as string });
    expect((await bench.read()).state).toBe("intent");
    down = false;
    await dispatched;
    expect(await bench.read()).toMatchObject({ state: "done", delivered: false });
  });

  it("that is answered while its doubt is written ends that doubt", async () => {
    const order: string[] = [];
    const bench = await setUp((ledger) => ({
      settle: async (fence, settlement) => {
        if (settlement.state === "in-doubt") await new Promise((resolve) => setTimeout(resolve, 600));
        order.push(settlement.state);
        return ledger.settle(fence, settlement);
      },
    }));
    bench.tools.behave("slow,delayMs=300");
    const dispatched = bench.dispatch();
    await expect.poll(() => bench.tools.effects.length).toBe(1);
    expect(await bench.cancel()).toMatchObject({ inDoubt: expect.any(String) as string });
    const told = (await dispatched) as Response;
    expect([told.status, await told.json()]).toMatchObject([400, { code: "outcome_unknown" }]);
    expect(order).toEqual(["in-doubt", "done"]);
    expect((await bench.read()).state).toBe("done");
  });

  it("cannot be cancelled while its outcome is written", async () => {
    const bench = await setUp((ledger) => ({
      settle: async (...args) => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        return ledger.settle(...args);
      },
    }));
    const dispatched = bench.dispatch();
    await expect.poll(() => bench.tools.effects.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(await bench.cancel()).toBe("ended");
    expect(await dispatched).toMatchObject({ status: 201 });
    expect(await bench.read()).toMatchObject({ state: "done", reason: null });
  });

  it("whose lease ran out before its answer came ends the doubt with that answer", async () => {
    const bench = await setUp();
    bench.tools.behave("slow,delayMs=300");
    const dispatched = bench.dispatch();
    await expect.poll(() => bench.tools.effects.length).toBe(1);
    await bench.under.advance(60_000);
    await bench.under.ledger.sweep();
    expect((await bench.read()).state).toBe("in-doubt");
    expect((await dispatched) as Response).toMatchObject({ status: 201 });
    expect(await bench.read()).toMatchObject({ state: "done", answer: { status: 201 } });
  });

  it("that a human ended meanwhile says that the outcome is unknown, and keeps the answer as evidence", async () => {
    const bench = await setUp();
    bench.tools.behave("slow,delayMs=300");
    const dispatched = bench.dispatch();
    await expect.poll(() => bench.tools.effects.length).toBe(1);
    await bench.under.advance(60_000);
    await bench.under.ledger.sweep();
    await bench.under.ledger.settle(await bench.read(), { state: "abandoned", reason: "nobody knows" });
    expect(await dispatched).toMatchObject({ code: "outcome_unknown" });
    expect(await bench.read()).toMatchObject({ state: "abandoned", lateAnswer: { status: 201 } });
  });

  it("quotes what the tool said when its answer leaves the outcome open, no more than a piece of it", async () => {
    const bench = await setUp();
    const error = (await bench.dispatch({ behave: "effect-then-html" })) as LongstopError;
    expect(error.message).toContain("502 Bad Gateway");
    expect(error.message.length).toBeLessThan(1_000);
    expect(await bench.read()).toMatchObject({ state: "in-doubt", reason: expect.stringContaining("502") });
  });

  it("that is not answered in time is in doubt", async () => {
    const bench = await setUp();
    expect(await bench.dispatch({ behave: "hang" })).toMatchObject({ code: "outcome_unknown" });
    expect((await bench.read()).state).toBe("in-doubt");
  });

  it("that was refused leaves the operation free, with the refusal for those who waited", async () => {
    const bench = await setUp();
    const answer = (await bench.dispatch({ behave: "422" })) as Response;
    expect(answer.status).toBe(422);
    expect(await bench.read()).toMatchObject({ state: "declined", answer: { status: 422, extent: "whole" } });
  });
});
