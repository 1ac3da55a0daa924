import { afterEach, describe, expect, it } from "vitest";
import { startToolServer, type ToolServer } from "../../../examples/tool-server/tool-server.ts";
import { LongstopError } from "../../../src/exchange/error.ts";
import type { ClaimFilter, ClaimRecord, Ledger } from "../../../src/ledger/ledger.ts";
import { refuseBehindDoubt } from "../../../src/proxy/effects/in-doubt-lock.ts";
import type { ToolExchange } from "../../../src/proxy/effects/tool-exchange.ts";
import { engineSettings, toolOf } from "../support/engine-settings.ts";
import { recordedLog } from "../support/recorded-log.ts";
import { startTestGateway, type RunningGateway } from "../support/running-gateway.ts";

describe("while an operation is in doubt", () => {
  let tools: ToolServer;
  let gateway: RunningGateway;
  afterEach(async () => {
    await gateway.stop();
    await tools.close();
  });

  const call = async (tool: string, amount: number, prefix = "/run/r1", method = "POST"): Promise<string> => {
    const answer = await fetch(`${gateway.url}${prefix}/tools/${tool}/charges`, {
      method,
      ...(method === "GET" ? {} : { body: JSON.stringify({ amount }) }),
      headers: { "content-type": "application/json" },
    });
    const text = await answer.text();
    return answer.status < 300 ? "ok" : String((JSON.parse(text) as { code?: string }).code ?? answer.status);
  };

  /** A gateway with one executed call of `pay` in the run r1, and one in doubt behind it. */
  async function inDoubt(inDoubtLock: string, tool: Record<string, unknown> = {}, prefix = "/run/r1") {
    tools = await startToolServer();
    const target = { url: tools.url, ...tool };
    gateway = await startTestGateway({
      posts: [],
      tools: { pay: target, mail: target },
      effects: { inDoubtLock },
    });
    expect(await call("pay", 1, prefix)).toBe("ok");
    tools.behave("drop-before-effect");
    expect(await call("pay", 2, prefix)).toBe("outcome_unknown");
  }

  it("holds back nothing but what is equal, unless more is asked for", async () => {
    await inDoubt("operation");
    expect(await call("pay", 3)).toBe("ok");
    expect(await call("mail", 3)).toBe("ok");
  });

  it("holds back other effects of its tool in its run, and nothing else", async () => {
    await inDoubt("tool");
    const sent = tools.requests.length;
    expect(await call("pay", 3)).toBe("held_by_doubt");
    expect(tools.requests).toHaveLength(sent);
    expect(await call("pay", 3, "/run/r2")).toBe("ok");
    expect(await call("pay", 3, "")).toBe("ok");
    expect(await call("mail", 3)).toBe("ok");
    expect(await call("pay", 2)).toBe("outcome_unknown");
    expect(await call("pay", 0, "/run/r1", "GET")).toBe("404");
    // What an earlier attempt executed is told to a later one.
    expect(await call("pay", 1, "/run/r1/attempt/b")).toBe("ok");
    expect(tools.effects).toHaveLength(4);
  });

  it("holds back every effect of its run, of whatever tool", async () => {
    await inDoubt("run");
    expect(await call("mail", 3)).toBe("held_by_doubt");
    expect(await call("mail", 3, "/run/r2")).toBe("ok");
    expect(await call("mail", 3, "")).toBe("ok");
  });

  it.each(["tool", "run"])("holds anonymous calls back by their tool (%s)", async (lock) => {
    await inDoubt(lock, {}, "");
    expect(await call("pay", 3, "")).toBe("held_by_doubt");
    expect(await call("mail", 3, "")).toBe("ok");
    expect(await call("pay", 3)).toBe("ok");
  });

  it("does not hold back the retry that ends the doubt, and then no call any more", async () => {
    await inDoubt("run", { idempotent: true });
    expect(await call("pay", 3)).toBe("held_by_doubt");
    expect(await call("pay", 2)).toBe("ok");
    expect(await call("pay", 3)).toBe("ok");
    expect(tools.effects).toHaveLength(3);
  });
});

describe("the lock of a doubt", () => {
  const record = {
    id: "op-2",
    epoch: 1,
    nonce: "n",
    tenant: "local",
    run: "r",
    doubted: false,
  } as ClaimRecord;

  function exchangeWith(listClaims: (filter: ClaimFilter) => Promise<readonly ClaimRecord[]>) {
    const settled: unknown[] = [];
    const settle = async (_fence: unknown, settlement: unknown): Promise<void> =>
      void settled.push(settlement);
    const plain = engineSettings();
    const settings = { ...plain, effects: { ...plain.effects, inDoubtLock: "tool" } };
    const ledger = { listClaims, settle } as unknown as Ledger;
    const engine = { settings, ledger, log: recordedLog().log };
    return {
      settled,
      exchange: { engine, tool: toolOf("pay", "https://pay.test") } as unknown as ToolExchange,
    };
  }

  it("holds no second dispatch back, also beside another doubt: it ends one", async () => {
    const doubt = { ...record, id: "op-1", detail: { tool: "pay" } };
    const { exchange } = exchangeWith(async () => [doubt]);
    await expect(refuseBehindDoubt(exchange, { ...record, doubted: true })).resolves.toBeUndefined();
    await expect(refuseBehindDoubt(exchange, record)).rejects.toMatchObject({
      code: "held_by_doubt",
      detail: { operation: "op-1" },
    });
  });

  it("gives the claim back and sends nothing where the ledger cannot be read", async () => {
    const { exchange, settled } = exchangeWith(() => Promise.reject(new LongstopError("ledger_down", "no")));
    await expect(refuseBehindDoubt(exchange, record)).rejects.toMatchObject({ code: "ledger_down" });
    expect(settled).toMatchObject([{ state: "not-sent" }]);
  });

  it("holds back where there are more doubts than it looks at", async () => {
    const other = { ...record, id: "op-1", detail: { tool: "mail" } };
    const { exchange } = exchangeWith(async ({ limit }) => Array.from({ length: limit }, () => other));
    await expect(refuseBehindDoubt(exchange, record)).rejects.toMatchObject({ code: "held_by_doubt" });
    const { exchange: fewer } = exchangeWith(async ({ limit }) =>
      Array.from({ length: limit - 1 }, () => other),
    );
    await expect(refuseBehindDoubt(fewer, record)).resolves.toBeUndefined();
  });
});
