import { afterEach, describe, expect, it } from "vitest";
import { inAttempt, namesNoAttempt } from "../../../src/proxy/attempts/detected-attempts.ts";
import { type Site, startSite } from "./agent.ts";

let site: Site;
afterEach(() => site.close());

describe("an agent that begins again and names no attempt", () => {
  it("is given all turns and effects that there are, and goes on live where it stopped", async () => {
    site = await startSite({ detectedAttempts: "enforce" });
    const first = await site.begin().work(3);
    expect(site.counts()).toEqual([3, 3]);
    const again = site.begin();
    const replayed = await again.work(3);
    expect(replayed).toEqual(first.map(({ text }) => ({ text, replayed: true })));
    expect(site.counts()).toEqual([3, 3]);
    expect((await again.turn()).replayed).toBe(false);
    expect(await again.pay(4)).toBe("done");
    expect(site.counts()).toEqual([4, 4]);
  });

  it("is known again after the gateway was started anew, however often it begins", async () => {
    site = await startSite({ detectedAttempts: "enforce" });
    await site.begin().work(2);
    for (let attempt = 2; attempt <= 4; attempt++) {
      site.gateway = await site.gateway.restart();
      await site.begin().work(attempt);
      expect(site.counts()).toEqual([attempt, attempt]);
    }
    const begun = site.gateway.logged.filter(({ what }) => what === "a new attempt begins");
    expect(begun.map(({ fields }) => fields["attempt"])).toEqual(["detected-4"]);
  });

  it("may stop behind its first turn or effect once more, and begin again", async () => {
    site = await startSite({ detectedAttempts: "enforce" });
    await site.begin().work(3);
    await site.begin().turn();
    const third = site.begin();
    await third.turn();
    await third.pay(1);
    const said = await site.begin().work(3);
    expect(said.map(({ replayed }) => replayed)).toEqual([true, true, true]);
    expect(site.counts()).toEqual([3, 3]);
  });

  it("pays twice what it was to pay twice, and in a later attempt neither of them", async () => {
    site = await startSite({ detectedAttempts: "enforce" });
    const agents = [site.begin(), site.begin()];
    for (const agent of agents) {
      await agent.turn();
      await agent.pay(7);
      await agent.pay(7);
      agent.hear("Paid.");
      await agent.turn();
    }
    expect(site.counts()).toEqual([2, 2]);
  });

  it("samples its first turn as long as nothing follows it, and is given those samples again", async () => {
    site = await startSite({ detectedAttempts: "enforce" });
    const samples = [await site.begin().turn(), await site.begin().turn()];
    expect(samples.map(({ text }) => text)).toEqual(["Answer 1.", "Answer 2."]);
    await site.begin().pay(1);
    const again = [await site.begin().turn(), await site.begin().turn()];
    expect(again).toEqual(samples.map(({ text }) => ({ text, replayed: true })));
    expect(site.counts()).toEqual([2, 1]);
  });

  it("begins anew also where it had not asked for all samples before it went on", async () => {
    site = await startSite({ detectedAttempts: "enforce" });
    await site.begin().turn();
    await site.begin().turn();
    await site.begin().pay(1);
    const second = site.begin();
    await second.turn();
    await second.pay(1);
    const third = site.begin();
    expect(await third.turn()).toEqual({ text: "Answer 1.", replayed: true });
    expect(await third.pay(1)).toBe("replayed");
    expect(site.counts()).toEqual([2, 1]);
  });

  it("begins with one attempt also where it asks for several samples at once", async () => {
    site = await startSite({ detectedAttempts: "enforce" });
    const ask = async (): Promise<string> => (await site.begin().turn()).text;
    const samples = await Promise.all([ask(), ask(), ask()]);
    await site.begin().pay(1);
    const again = await Promise.all([ask(), ask(), ask()]);
    expect(again.toSorted()).toEqual(samples.toSorted());
    expect(site.counts()).toEqual([3, 1]);
  });

  it("begins none with a retry, nor with a turn that the run did not begin with", async () => {
    site = await startSite({ detectedAttempts: "enforce" });
    const agent = site.begin();
    await agent.work(1);
    expect(await site.begin().turn({ "x-stainless-retry-count": "1" })).toEqual({
      text: "Answer 1.",
      replayed: true,
    });
    expect(await agent.pay(1)).toBe("done");
    await site.begin({ task: "Another task." }).work(1);
    await site.begin({ task: "Another task." }).turn();
    expect(site.counts()).toEqual([3, 3]);
  });

  it("is only told of in the log by default", async () => {
    site = await startSite({});
    await site.begin().work(1);
    expect((await site.begin().turn()).replayed).toBe(false);
    expect(await site.begin().pay(1)).toBe("done");
    const said = (): number =>
      site.gateway.logged.filter(({ what }) => what === "would have begun a new attempt").length;
    await expect.poll(said).toBe(1);
  });

  it("is found also where its run began before attempts were looked for", async () => {
    site = await startSite({});
    const first = await site.begin().work(2);
    site.gateway = await site.gateway.restartWith({
      upstreams: { openai: { url: site.provider.url } },
      tools: { pay: { url: site.tools.url } },
      turns: { mode: "enforce" },
      run: { detectedAttempts: "enforce" },
    });
    expect(await site.begin().work(2)).toEqual(first.map(({ text }) => ({ text, replayed: true })));
    expect(site.counts()).toEqual([2, 2]);
  });

  it("is not looked for where attempts are named, or where nobody wants to know", async () => {
    site = await startSite({ detectedAttempts: "off" });
    await site.begin().work(1);
    expect((await site.begin().turn()).replayed).toBe(false);
    await site.begin({ attempt: "a", run: "s" }).work(1);
    expect((await site.begin({ attempt: "a", run: "s" }).turn()).replayed).toBe(false);
    expect(site.gateway.logged.filter(({ what }) => /new attempt/.test(what))).toEqual([]);
  });

  it("is another one in another run, and in none", async () => {
    site = await startSite({ detectedAttempts: "enforce" });
    await site.begin().work(1);
    expect((await site.begin({ run: "other" }).turn()).replayed).toBe(false);
    const caller = { tenant: "t", run: { id: "r", stage: null, attempt: null }, agent: null };
    expect(namesNoAttempt(caller)).toBe(true);
    expect(namesNoAttempt(inAttempt(caller, "a"))).toBe(false);
    expect(namesNoAttempt({ ...caller, run: { ...caller.run, id: null } })).toBe(false);
  });
});
