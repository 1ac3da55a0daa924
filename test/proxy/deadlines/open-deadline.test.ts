import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { startProvider } from "../../../examples/provider/provider.ts";
import type { Deadline } from "../../../src/proxy/deadlines/deadline.ts";
import type { AnswerShape } from "../../../src/proxy/deadlines/client-limits.ts";
import { openDeadline } from "../../../src/proxy/deadlines/open-deadline.ts";
import { engineSettings } from "../support/engine-settings.ts";
import { startInbound } from "../support/inbound-server.ts";
import { startTestGateway } from "../support/running-gateway.ts";

/** What a request with these headers opens. */
async function opened(
  headers: Record<string, string>,
  shape: AnswerShape,
  mode: "off" | "report" | "enforce" = "enforce",
): Promise<{ readonly deadline: Deadline | null; readonly reports: readonly string[] }> {
  const reports: string[] = [];
  const base = engineSettings();
  const settings = { ...base, deadlines: { ...base.deadlines, mode } };
  const clock = { now: () => Date.parse("2026-11-30T12:00:00Z") };
  const report = (subject: string, sentence: string): void => void reports.push(`${subject}: ${sentence}`);
  const { origin, served } = await startInbound(async (inbound) => {
    const deadline = openDeadline({ settings, clock, report } as never, inbound, shape);
    deadline?.end();
    await inbound.sendWhole(200, [], "");
    return deadline;
  });
  await fetch(origin, { headers }).catch(() => {});
  return { deadline: (await served) as Deadline | null, reports };
}

describe("the deadline that a request opens", () => {
  it("is none, and no timer, for a stream of a client that says nothing", async () => {
    const timers = vi.spyOn(globalThis, "setTimeout");
    const { deadline } = await opened({}, "stream");
    expect(deadline).toBeNull();
    expect(timers.mock.calls.map(([what]) => (what as { name: string }).name)).not.toContain("look");
    timers.mockRestore();
  });

  it("is the client's own, less the margin, from its request on", async () => {
    const { deadline } = await opened({ "longstop-deadline": "100" }, "stream");
    expect(deadline?.limits.totalMs).toBe(90_000);
    expect(deadline?.remainingMs).toBeLessThanOrEqual(90_000);
    expect(deadline?.remainingMs).toBeGreaterThan(80_000);
  });

  it("counts an instant on the gateway's wall clock", async () => {
    const { deadline } = await opened({ "longstop-deadline": "2026-11-30T12:01:40Z" }, "stream");
    expect(deadline?.limits.totalMs).toBeGreaterThan(89_000);
    expect(deadline?.limits.totalMs).toBeLessThan(95_000);
  });

  it("is refused where it is over already, unless that is only reported", async () => {
    const over = { "longstop-deadline": "2026-11-30T11:00:00Z" };
    await expect(opened(over, "whole")).rejects.toMatchObject({ code: "deadline_exceeded", status: 400 });
    expect((await opened(over, "whole", "report")).deadline).not.toBeNull();
  });

  it("is none where deadlines are off, whatever the client writes", async () => {
    expect((await opened({ "longstop-deadline": "soon" }, "whole", "off")).deadline).toBeNull();
    await expect(opened({ "longstop-deadline": "soon" }, "whole")).rejects.toMatchObject({ status: 400 });
  });

  it("names a client by what it calls itself", async () => {
    const headers = { "user-agent": `bot ${"x".repeat(300)}`, "x-stainless-timeout": "400" };
    const { reports } = await opened(headers, "whole");
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatch(/^client bot x{96}: It would wait 400 s/);
  });
});

describe("limits that do not fit", () => {
  it("are told once of each client and limit", async () => {
    const provider = await startProvider(() => ({ text: "Hello." }));
    const gateway = await startTestGateway({ upstreams: { anthropic: { url: provider.url } } });
    onTestFinished(async () => {
      await gateway.stop();
      await provider.close();
    });
    const body = { model: "claude-sonnet-4-5", max_tokens: 100, messages: [] as never[] };
    const messages = [{ role: "user" as const, content: "Hi" }];
    const ask = async (timeout: number): Promise<void> => {
      const client = new Anthropic({ baseURL: gateway.url, apiKey: "sk-1", timeout });
      await client.messages.stream({ ...body, messages }).finalMessage();
    };
    await ask(30_000);
    await ask(30_000);
    await ask(40_000);
    await ask(600_000);
    const told = gateway.logged.filter(
      ({ fields }) => typeof fields["subject"] === "string" && fields["subject"].startsWith("client "),
    );
    expect(told.map(({ fields }) => String(fields["sentence"]).slice(0, 15))).toEqual([
      "It waits 30 s f",
      "It waits 40 s f",
    ]);
    expect(told[0]?.fields["subject"]).toMatch(/^client Anthropic\/JS/);
  });
});
