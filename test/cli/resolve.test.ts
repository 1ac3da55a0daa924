import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type Ending, resolveOperation } from "../../src/cli/resolve.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { ownFolder } from "../config/loading.ts";
import { type Clock, openBoth, record } from "./ledgers.ts";

const start = Date.UTC(2026, 9, 21);

describe("resolveOperation", () => {
  it("records the answer that the operator found out, beside a running gateway", async () => {
    const clock = { nowMs: start };
    const { gateway, operator } = await openBoth(clock);
    const { id } = await record(gateway, { key: "a" }, { state: "in-doubt", reason: "cut" });
    const file = path.join(await ownFolder(), "answer.json");
    await writeFile(file, JSON.stringify({ status: 201, body: { id: 7 } }));
    const said = await resolve(operator, clock, id, { kind: "done", file }, "seen in the outbox");
    expect(said).toBe(
      `Operation ${id} (mail POST http://mail/a) is resolved as done.\n` +
        "When the call comes again it gets this answer (201, application/json, 8 bytes); the tool is not called.\n",
    );
    const settled = await gateway.read(id);
    expect(settled).toMatchObject({
      state: "resolved-done",
      reason: "Resolved as done by ada: seen in the outbox",
      answer: { status: 201, headers: [["content-type", "application/json"]], extent: "whole" },
    });
    const [hash = ""] = settled?.answer?.body ?? [];
    expect(String(Buffer.from((await gateway.get("local", hash)) ?? []))).toBe('{"id":7}');
  });

  it("keeps a large answer in several pieces, byte for byte", async () => {
    const clock = { nowMs: start };
    const { gateway, operator } = await openBoth(clock);
    const { id } = await record(gateway, { key: "a" }, { state: "in-doubt" });
    const bytes = randomBytes(600_000);
    const file = path.join(await ownFolder(), "answer.bin");
    await writeFile(file, bytes);
    await resolve(operator, clock, id, { kind: "done", file });
    const hashes = (await gateway.read(id))?.answer?.body ?? [];
    const pieces = await Promise.all(hashes.map((hash) => gateway.get("local", hash)));
    expect(hashes).toHaveLength(3);
    expect(Buffer.concat(pieces.map((piece) => piece ?? new Uint8Array())).equals(bytes)).toBe(true);
  });

  it.each([
    [
      { kind: "not-done" } as const,
      "resolved-not-done",
      "Resolved as not done by ada.",
      "is sent to the tool",
    ],
    [{ kind: "abandon" } as const, "abandoned", "Resolved as abandoned by ada.", "400 operation_abandoned"],
  ])("ends a doubt as %j", async (ending, state, reason, next) => {
    const clock = { nowMs: start };
    const { gateway, operator } = await openBoth(clock);
    const { id } = await record(gateway, { key: "a" }, { state: "in-doubt" });
    expect(await resolve(operator, clock, id, ending)).toContain(next);
    expect(await gateway.read(id)).toMatchObject({ state, reason });
  });

  it("resolves what a dead gateway left running, once its lease is over", async () => {
    const clock = { nowMs: start };
    const { gateway, operator } = await openBoth(clock);
    const { id } = await record(gateway, { key: "a" });
    await expect(resolve(operator, clock, id, { kind: "not-done" })).rejects.toThrow(
      `Operation ${id} is running. Only an operation in doubt can be resolved.`,
    );
    clock.nowMs += 60_001;
    await resolve(operator, clock, id, { kind: "not-done" });
    expect(await gateway.read(id)).toMatchObject({ state: "resolved-not-done" });
  });

  it("says the state of what is not in doubt, and changes nothing", async () => {
    const clock = { nowMs: start };
    const { gateway, operator } = await openBoth(clock);
    const { id } = await record(gateway, { key: "a" }, { state: "in-doubt" });
    await resolve(operator, clock, id, { kind: "abandon" }, "nobody knows");
    await expect(resolve(operator, clock, id, { kind: "not-done" })).rejects.toThrow(
      `Operation ${id} is abandoned (Resolved as abandoned by ada: nobody knows). Only an operation in doubt can be resolved.`,
    );
    expect(await gateway.read(id)).toMatchObject({ state: "abandoned" });
  });

  it("offers the doubts there are for an operation that is not there", async () => {
    const clock = { nowMs: start };
    const { gateway, operator } = await openBoth(clock);
    await expect(resolve(operator, clock, "x\u001b", { kind: "abandon" })).rejects.toThrow(
      "There is no operation x\\u001b. None is in doubt.",
    );
    const { id } = await record(gateway, { key: "a" }, { state: "in-doubt" });
    await expect(resolve(operator, clock, "x", { kind: "abandon" })).rejects.toThrow(
      `In doubt: ${id} (longstop effects`,
    );
    const turn = await record(gateway, { key: "t", kind: "turn" });
    await expect(resolve(operator, clock, turn.id, { kind: "abandon" })).rejects.toThrow(
      "There is no operation",
    );
  });

  it("gives way to an answer that arrives while the operator types", async () => {
    const clock = { nowMs: start };
    const { gateway, operator } = await openBoth(clock);
    const doubt = await record(gateway, { key: "a" }, { state: "in-doubt" });
    const late = { status: 200, headers: [], body: [], extent: "whole" } as const;
    const racing: Ledger = {
      ...bound(operator),
      settle: async (fence, settlement) => {
        await gateway.settle(doubt, { state: "done", answer: late });
        return operator.settle(fence, settlement);
      },
    };
    await expect(resolve(racing, clock, doubt.id, { kind: "not-done" })).rejects.toThrow(
      `Operation ${doubt.id} changed in the meantime: it is done now. Nothing was resolved.`,
    );
    expect(await gateway.read(doubt.id)).toMatchObject({ state: "done", answer: late });
  });

  it("bounds the reason, and lets no line into it", async () => {
    const clock = { nowMs: start };
    const { gateway, operator } = await openBoth(clock);
    const { id } = await record(gateway, { key: "a" }, { state: "in-doubt" });
    await resolve(operator, clock, id, { kind: "abandon" }, `a\nb${"x".repeat(1000)}`);
    const reason = (await gateway.read(id))?.reason ?? "";
    expect(reason).toHaveLength(500);
    expect(reason).toContain("by ada: a\\u000ab");
  });
});

function resolve(
  ledger: Ledger,
  clock: Clock,
  operation: string,
  ending: Ending,
  reason?: string,
): Promise<string> {
  return resolveOperation(ledger, { operation, ending, reason, user: "ada", nowMs: clock.nowMs });
}

/** The verbs of a ledger that `resolve` uses, so that a test can stand between. */
function bound(ledger: Ledger): Ledger {
  return new Proxy(ledger, {
    ownKeys: () => ["read", "sweep", "listClaims", "put", "settle"],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
    get: (target, name) => (target[name as keyof Ledger] as (...args: never[]) => unknown).bind(target),
  });
}
