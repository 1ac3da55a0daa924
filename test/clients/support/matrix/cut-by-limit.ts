import { describe, expect, it } from "vitest";
import type { Answer } from "../../../../examples/provider/answer.ts";
import type { Client } from "../client.ts";
import { finishWord, question, thinkingOf, thrownBy, type Site } from "../site.ts";

export function cutByLimit(client: Client, site: Site): void {
  describe("where the token limit cuts a call", () => {
    // A whole answer of Anthropic has an empty object where the arguments were cut.
    const isWhole = client.protocol === "anthropic-messages" && !client.streams;
    const cut = { id: "call_cut", name: "get_weather", arguments: isWhole ? {} : '{"city": "Par' };
    const script: Answer[] = [
      { ...thinkingOf(client, "Hm."), text: "Let me look.", calls: [cut], finish: "length" },
      { ...thinkingOf(client, "Well."), text: "I cannot." },
    ];

    it.each(client.throwsAtTokenLimit === true ? [] : [client])(
      "shows the text and no call, says so, and goes on",
      async () => {
        site.play(script);
        const chat = site.open(client);
        expect(await chat.ask(question("Paris?"))).toBe("Let me look.");
        expect(chat.turns).toMatchObject([{ calls: [], finish: finishWord(client, "length") }]);
        expect(chat.ran).toEqual([]);
        expect(chat.pieces).toEqual([]);
        expect(await chat.ask("Go on.")).toBe("I cannot.");
        expect(site.asked().map(({ status }) => status)).toEqual([200, 200]);
      },
    );

    it.each(client.throwsAtTokenLimit === true ? [client] : [])(
      "throws what the SDK throws without the gateway",
      async () => {
        site.play([...script, ...script]);
        const ask = question("Paris?");
        const direct = await thrownBy(site.open(client, { url: site.provider.url }).ask(ask));
        site.play(script);
        const chat = site.open(client);
        const thrown = await thrownBy(chat.ask(ask));
        expect(thrown.message).toBe(direct.message);
        expect(thrown.message).toContain("length limit");
        expect(chat.ran).toEqual([]);
        expect(chat.pieces).toEqual([]);
      },
    );
  });
}
