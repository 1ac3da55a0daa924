import { describe, expect, it } from "vitest";
import { effectsJson, effectsTable, findEffects } from "../../src/cli/effects-list.ts";
import { type Clock, openBoth, record } from "./ledgers.ts";

const start = Date.UTC(2026, 9, 21);

describe("findEffects", () => {
  it("lists effects only, the newest first, of one run or of all", async () => {
    const clock = { nowMs: start };
    const { gateway, operator } = await openBoth(clock);
    const first = await record(gateway, { key: "a", run: "r-1" }, { state: "declined" });
    const second = await record(gateway, { key: "b" }, { state: "in-doubt", reason: "cut" });
    await record(gateway, { key: "c", kind: "turn" });
    expect(await idsOf(operator, clock, {})).toEqual([second.id, first.id]);
    expect(await idsOf(operator, clock, { run: "r-1" })).toEqual([first.id]);
    expect(await idsOf(operator, clock, { inDoubtOnly: true })).toEqual([second.id]);
  });

  it("says that there are more than the limit", async () => {
    const clock = { nowMs: start };
    const { gateway, operator } = await openBoth(clock);
    await record(gateway, { key: "a" });
    await record(gateway, { key: "b" });
    const query = { inDoubtOnly: false, run: undefined };
    expect(await findEffects(operator, { ...query, limit: 1 }, start)).toMatchObject({
      more: true,
      records: [{}],
    });
    expect(await findEffects(operator, { ...query, limit: 2 }, start)).toMatchObject({ more: false });
  });

  it("finds the doubts that a dead gateway never wrote down", async () => {
    const clock = { nowMs: start };
    const { gateway, operator } = await openBoth(clock);
    const orphan = await record(gateway, { key: "a" });
    expect(await idsOf(operator, clock, { inDoubtOnly: true })).toEqual([]);
    clock.nowMs += 60_001;
    expect(await idsOf(operator, clock, { inDoubtOnly: true })).toEqual([orphan.id]);
  });
});

describe("effects for people", () => {
  it("stand in columns", async () => {
    const clock = { nowMs: start };
    const { gateway } = await openBoth(clock);
    const doubt = await record(
      gateway,
      { key: "a", run: "r-1" },
      { state: "in-doubt", reason: "The answer was cut." },
    );
    const running = await record(gateway, { key: "b" });
    const table = effectsTable([doubt, running], start + 30_000).replaceAll(/[0-9a-f-]{36}/g, "ID");
    expect(table).toBe(
      [
        "OPERATION                             STATE     AGE   CALL                     RUN  REASON",
        "ID  in doubt  30 s  mail POST http://mail/a  r-1  The answer was cut.",
        "ID  running   30 s  mail POST http://mail/b  -    -",
        "",
      ].join("\n"),
    );
  });

  it("show nothing that a terminal would act on, and keep their columns", async () => {
    const clock = { nowMs: start };
    const { gateway } = await openBoth(clock);
    const run = `evil\u001b[2J\n${"x".repeat(200)}`;
    const made = await record(
      gateway,
      { key: "a", run },
      { state: "in-doubt", reason: `a\u001b]0;b\u0007${"y".repeat(500)}` },
    );
    const [, row = "", ...rest] = effectsTable([made], start).split("\n");
    expect(rest).toEqual([""]);
    expect(row).not.toMatch(/\p{Cc}/u);
    expect(row.length).toBeLessThan(220);
    expect(row.startsWith(made.id)).toBe(true);
  });
});

describe("effects for programs", () => {
  it("are a JSON object a line, without the right to end them", async () => {
    const clock = { nowMs: start };
    const { gateway } = await openBoth(clock);
    const answer = { status: 201, headers: [["set-cookie", "s"]] as const, body: [], extent: "cut" as const };
    const made = await record(gateway, { key: "a", run: "r-1" }, { state: "done", answer });
    const text = effectsJson([made, await record(gateway, { key: "b" })], start + 60_001);
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toEqual({
      operation: made.id,
      state: "done",
      createdAt: "2026-10-21T00:00:00.000Z",
      finishedAt: "2026-10-21T00:00:00.000Z",
      tenant: "local",
      run: "r-1",
      stage: null,
      attempt: null,
      occurrence: 1,
      epoch: made.epoch,
      delivered: false,
      reason: null,
      clientKey: null,
      detail: { tool: "mail", method: "POST", target: "http://mail/a" },
      answer: { status: 201, extent: "cut" },
      lateAnswer: null,
    });
    expect(lines[1]).toMatchObject({ state: "in-doubt", finishedAt: null });
    expect(text).not.toContain(made.nonce);
  });
});

async function idsOf(
  ledger: Parameters<typeof findEffects>[0],
  clock: Clock,
  query: { readonly run?: string; readonly inDoubtOnly?: boolean },
): Promise<readonly string[]> {
  const asked = { inDoubtOnly: query.inDoubtOnly ?? false, run: query.run, limit: 10 };
  return (await findEffects(ledger, asked, clock.nowMs)).records.map(({ id }) => id);
}
