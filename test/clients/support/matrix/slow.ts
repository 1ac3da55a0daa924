import { describe, it } from "vitest";
import type { Client } from "../client.ts";
import { dialects } from "../dialects.ts";
import { question, type Site } from "../site.ts";
import { paris, tokyo } from "../weather.ts";

/** The gateway's own comments, while a call is held that takes its time. */
export function slow(client: Client, site: Site): void {
  describe.runIf(client.streams)("where a call takes its time", () => {
    it("is sent comments, and does not mind", async ({ expect }) => {
      const stage = site.play([
        {
          text: ["Hm."],
          calls: [paris, tokyo].map(({ name, arguments: args }) => ({
            name,
            arguments: args as Record<string, unknown>,
          })),
          eventDelayMs: dialects[client.protocol].slowEventMs,
        },
        { text: "Fine." },
      ]);
      let received = "";
      const chat = stage.open(client, {
        url: site.url("talkative"),
        tap: (_, text) => (received += text),
      });
      expect(await chat.ask(question("Paris?"))).toBe("Fine.");
      expect(chat.ran).toEqual([paris, tokyo]);
      expect(received).toContain(": keep-alive\n\n");
    });
  });
}
