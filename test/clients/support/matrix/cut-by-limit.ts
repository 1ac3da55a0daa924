import { describe, expect, it } from "vitest";
import type { Answer } from "../../../../examples/provider/answer.ts";
import type { Client } from "../client.ts";
import { dialects, thinkingOf } from "../dialects.ts";
import { question, thrownBy, type Site } from "../site.ts";

export function cutByLimit(client: Client, site: Site): void {
  describe("where the token limit cuts a call", () => {
    const { argumentsAreValues, finish } = dialects[client.protocol];
    // Where arguments are a value, they are empty where they were cut.
    const args = argumentsAreValues(client.streams) ? {} : '{"city": "Par';
    const cut = { id: "call_cut", name: "get_weather", arguments: args };
    const script: Answer[] = [
      { ...thinkingOf(client, "Hm."), text: "Let me look.", calls: [cut], finish: "length" },
      { ...thinkingOf(client, "Well."), text: "I cannot." },
    ];

    it.each(client.throwsAtTokenLimit === true ? [] : [client])(
      "shows the text and no call, says so, and goes on",
      async () => {
        const stage = site.play(script);
        const chat = stage.open(client);
        expect(await chat.ask(question("Paris?"))).toBe("Let me look.");
        expect(chat.turns).toMatchObject([
          { calls: [], finish: client.hidesFinish === true ? undefined : finish.length },
        ]);
        expect(chat.ran).toEqual([]);
        expect(chat.pieces).toEqual([]);
        expect(await chat.ask("Go on.")).toBe("I cannot.");
        expect(stage.asked().map(({ status }) => status)).toEqual([200, 200]);
      },
    );

    it.each(client.throwsAtTokenLimit === true ? [client] : [])(
      "throws what the SDK throws without the gateway",
      async () => {
        const ask = question("Paris?");
        const direct = await thrownBy(
          site
            .play(script)
            .open(client, { url: site.url("direct") })
            .ask(ask),
        );
        const chat = site.play(script).open(client);
        const thrown = await thrownBy(chat.ask(ask));
        expect(thrown.message).toBe(direct.message);
        expect(thrown.message).toMatch(/length limit|incomplete/);
        expect(chat.ran).toEqual([]);
        expect(chat.pieces).toEqual([]);
      },
    );
  });
}
