import { describe, expect, it } from "vitest";
import type { ScriptedCall } from "../../../../examples/provider/answer.ts";
import type { Client, PlainCall } from "../client.ts";
import { bindingIn, dialects, thinkingOf } from "../dialects.ts";
import { question, type Site } from "../site.ts";
import { paris, tokyo } from "../weather.ts";

interface Case {
  readonly name: string;
  readonly said: readonly ScriptedCall[];
  /** What the client gets in the end. */
  readonly meant: readonly PlainCall[];
  /** What only the model may see, and what it is told. */
  readonly secret: string;
  readonly told: RegExp;
}

function call(name: string, args: string | Record<string, unknown>): ScriptedCall {
  return { id: "call_refused", name, arguments: args };
}

/** What models get wrong. */
function casesFor({ protocol, streams }: Client): readonly Case[] {
  const broken = dialects[protocol].argumentsAreValues(streams)
    ? {
        name: "JSON with one name twice",
        text: '{"city": "BAD-CITY", "city": "Paris"}',
        told: /more than once/,
      }
    : { name: "broken JSON", text: '{"city": "BAD-CITY", "unit": }', told: /JSON/ };
  return [
    {
      name: "a tool that was not offered",
      said: [call("get_BAD_weather", { city: "Paris" })],
      meant: [paris],
      secret: "get_BAD_weather",
      told: /get_weather/,
    },
    {
      name: "a value outside the enum",
      said: [call("get_weather", { city: "Paris", unit: "BAD-UNIT" })],
      meant: [paris],
      secret: "BAD-UNIT",
      told: /celsius.*fahrenheit/,
    },
    {
      name: "a parameter that the tool does not have",
      said: [call("get_weather", { city: "Paris", BAD_DAYS: 3 })],
      meant: [paris],
      secret: "BAD_DAYS",
      told: /BAD_DAYS/,
    },
    {
      name: broken.name,
      said: [call("get_weather", broken.text)],
      meant: [paris],
      secret: "BAD-CITY",
      told: broken.told,
    },
    {
      name: "a wrong call beside a right one",
      said: [{ id: "call_right", ...tokyo } as ScriptedCall, call("get_weather", { town: "BAD-TOWN" })],
      meant: [tokyo, paris],
      secret: "BAD-TOWN",
      told: /required|missing/i,
    },
  ];
}

export function repaired(client: Client, site: Site): void {
  describe("where the model asks for what it cannot have", () => {
    it.each(casesFor(client))("repairs $name", async ({ said: wrong, meant, secret, told }) => {
      const output = 10;
      const speaks = client.refersToItems !== true;
      const saying = (text: string): { readonly text?: string } => (speaks ? { text } : {});
      const stage = site.play([
        {
          ...thinkingOf(client, "Hm."),
          ...saying("Let me look."),
          calls: wrong,
          usage: { input: 100, output },
        },
        {
          ...thinkingOf(client, "Oh."),
          ...saying("Again."),
          calls: meant.map(({ name, arguments: args }, index) => ({
            id: `call_meant_${index}`,
            name,
            arguments: args as Record<string, unknown>,
          })),
          usage: { input: 140, output },
        },
        { ...thinkingOf(client, "Well."), text: "It is fine.", usage: { input: 180, output } },
        { ...thinkingOf(client, "Nice."), text: "You are welcome.", usage: { input: 200, output } },
      ]);
      const chat = stage.open(client);
      expect(await chat.ask(question("Paris?"))).toBe("It is fine.");
      expect(await chat.ask("Thanks!")).toBe("You are welcome.");

      // The client: one answer with the corrected calls, which ran once.
      expect(chat.ran).toEqual(meant);
      const [first] = chat.turns;
      expect(chat.turns).toHaveLength(3);
      expect(first).toMatchObject({
        text: speaks ? (client.streams ? "Let me look.Again." : "Again.") : "",
        calls: meant,
        finish: client.hidesFinish === true ? undefined : dialects[client.protocol].finish.calls,
      });
      expect(JSON.stringify(chat.turns) + JSON.stringify(chat.pieces)).not.toMatch(
        new RegExp(`${secret}|call_refused`),
      );
      // Clients that do not ask for usage have none.
      expect([undefined, 2 * output + (client.opening?.outputTokens ?? 0)]).toContain(first?.outputTokens);
      expect([undefined, client.opening === undefined ? 140 : 100]).toContain(first?.inputTokens);

      // The provider: every request is the one before it and what is new, with the model's own words.
      const asked = stage.asked();
      expect(asked.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      const heard = asked.map(bindingIn);
      for (const [index, later] of heard.slice(1).entries()) {
        expect(later.slice(0, heard[index]?.length)).toEqual(heard[index]);
      }
      expect(asked[1]?.body).toContain(secret);
      expect(heard[1]?.at(-1)).toMatch(told);
      // What the tools said is framed, and what the gateway said is not.
      const frames = asked.map(({ body }) => body.split("<untrusted-data id=").length - 1);
      expect(frames).toEqual([0, 0, meant.length, meant.length]);
      const added = heard[2]?.slice(heard[1]?.length).join();
      expect(added).toContain(speaks ? "Again." : "call_meant_0");
      expect(added).not.toContain("Let me look.");
    });
  });
}
