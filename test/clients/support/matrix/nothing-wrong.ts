import { describe, expect, it } from "vitest";
import type { Answer } from "../../../../examples/provider/answer.ts";
import type { Chat, Client } from "../client.ts";
import { dialects, thinkingOf } from "../dialects.ts";
import { question, type Site } from "../site.ts";
import { paris, tokyo } from "../weather.ts";

/** What a provider makes up anew for every answer; signatures belong to the prompt as it was sent. */
const madeUp = new Set(["created", "created_at", "completed_at", "signature", "thoughtSignature"]);
const madeUpId = /^(?:chatcmpl-|run-|lc_run-|(?:msg|resp|rs|fc)_)/;

/** What a provider repeats of a request as it was sent, which is edited. */
const repeated = new Set(["instructions"]);

/** A client's own objects without what no two answers share. */
function stable(chat: Chat): unknown {
  return JSON.parse(JSON.stringify(chat.turns), (key, value: unknown) => {
    if (repeated.has(key)) return typeof value;
    if (madeUp.has(key)) return typeof value;
    return typeof value === "string" && madeUpId.test(value) ? value.replace(/[-_].*/, "") : value;
  });
}

/** Request headers without those of one connection and of one body. */
function endToEnd(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const own = new Set(["host", "connection", "accept-encoding", "content-length", "transfer-encoding"]);
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !own.has(name))
      .map(([name, value]) => [name, value.replace(/sk-test-\d+/, "sk-test")]),
  );
}

export function nothingWrong(client: Client, site: Site): void {
  describe("where nothing is wrong", () => {
    const usage = { input: 120, output: 17, cacheRead: 64 };
    const script = (): Answer[] => [
      {
        ...thinkingOf(client, "Two tools."),
        text: "Let me look. 🌦️",
        calls: [
          { id: "call_1", ...paris, arguments: '{"city": "Paris", "unit":"celsius"}' },
          { id: "call_2", ...tokyo, arguments: { city: "Tokyo" } },
        ],
        usage,
        extras: true,
      },
      { ...thinkingOf(client, "Easy."), text: "Fine in both.", usage },
    ];

    it("gives the same objects as without the gateway", async () => {
      const ask = question("Paris and Tokyo?");
      const direct = site.play(script()).open(client, { url: site.url("direct") });
      await direct.ask(ask);
      const stage = site.play(script());
      const through = stage.open(client);
      expect(await through.ask(ask)).toBe("Fine in both.");

      expect(stable(through)).toEqual(stable(direct));
      expect(through.ran).toEqual([paris, tokyo]);
      const { finish } = dialects[client.protocol];
      const ends = client.hidesFinish === true ? [undefined, undefined] : [finish.calls, finish.stop];
      expect(through.turns.map((turn) => turn.finish)).toEqual(ends);
      expect(stage.sent()).toBe(2 + (client.vainRequests ?? 0));
      expect(stage.asked().map(({ status }) => status)).toEqual([200, 200]);
    });

    it("passes every header on, both ways", async () => {
      const limits = { "x-ratelimit-remaining-requests": "59", "anthropic-organization-id": "org-1" };
      const exchanged = async (url: string): Promise<readonly unknown[]> => {
        const stage = site.play(() => ({ text: "Hello.", headers: limits }));
        let got: readonly string[] = [];
        const tap = (headers: Headers): void => {
          got = Object.keys(limits).map((name) => headers.get(name) ?? "");
        };
        await stage.open(client, { url, tap }).ask(question("Hello?"));
        const sent = stage.asked().filter(({ status }) => status === 200);
        return [got, sent.map(({ headers }) => endToEnd(headers))];
      };
      const direct = await exchanged(site.url("direct"));
      expect(direct[0]).toEqual(Object.values(limits));
      expect(await exchanged(site.url("usual"))).toEqual(direct);
    });
  });
}
