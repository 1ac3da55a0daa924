import { describe, expect, it } from "vitest";
import type { Answer } from "../../../../examples/provider/answer.ts";
import type { Client } from "../client.ts";
import { thinkingOf } from "../dialects.ts";
import { question, type Site } from "../site.ts";
import { paris } from "../weather.ts";

/** A wrong call, the right one, and the end; only the wrong call and the ids tell which one it is. */
function scriptOf(client: Client, name: string): Answer[] {
  return [
    {
      ...thinkingOf(client, "Hm."),
      calls: [{ id: `call_wrong_${name}`, name: `get_BAD_${name}`, arguments: {} }],
    },
    {
      ...thinkingOf(client, "Oh."),
      calls: [
        {
          id: `call_right_${name}`,
          name: paris.name,
          arguments: paris.arguments as Record<string, unknown>,
        },
      ],
    },
    { ...thinkingOf(client, "Well."), text: "It is fine." },
  ];
}

export function alike(client: Client, site: Site): void {
  describe("in conversations that begin alike", () => {
    it("leaves alone an answer that was right at once", async () => {
      const ask = question("Paris?");
      await site.play(scriptOf(client, "one")).open(client).ask(ask);
      const stage = site.play([...scriptOf(client, "two").slice(1), { text: "You are welcome." }]);
      const chat = stage.open(client);
      await chat.ask(ask);
      await chat.ask("Thanks!");
      expect(chat.ran).toEqual([paris]);
      expect(stage.asked().map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(JSON.stringify(stage.asked())).not.toContain("get_BAD");
    });

    it("puts back what the model said in this one", async () => {
      const ask = question("Paris?");
      for (const name of ["one", "two"]) {
        const stage = site.play([...scriptOf(client, name), { text: "You are welcome." }]);
        const chat = stage.open(client);
        await chat.ask(ask);
        await chat.ask("Thanks!");
        expect(chat.ran).toEqual([paris]);
        const asked = stage.asked();
        expect(asked.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
        for (const { body } of asked.slice(1)) expect(body).toContain(`get_BAD_${name}`);
      }
    });
  });
}
