import { describe, expect, it } from "vitest";
import type { ScriptedCall } from "../../../../examples/provider/answer.ts";
import type { Client } from "../client.ts";
import { question, thinkingOf, thrownBy, type Site } from "../site.ts";

const wrong: ScriptedCall = { name: "get_weather", arguments: { city: "Paris", unit: "BAD-UNIT" } };
const sentence = "Longstop refused what the model asked for (the same fault came back). For the model: ";

export function refused(client: Client, site: Site): void {
  describe("where the model does not correct itself", () => {
    it("throws our sentence with status 400, and is not asked again by itself", async () => {
      site.play(() => ({ calls: [wrong] }));
      const chat = site.open(client);
      const thrown = await thrownBy(chat.ask(question("Paris?")));
      expect(thrown).toMatchObject({ status: 400, message: expect.stringContaining(sentence) });
      expect(thrown.message).toContain("celsius");
      expect(client.codeOf(thrown)).toBe("call_refused");
      expect(chat.ran).toEqual([]);
      expect(chat.pieces).toEqual([]);
      await expect.poll(() => site.exchanges()).toBe(1 + (client.vainRequests ?? 0));
      // Asked once more, and the same fault came back.
      expect(site.asked()).toHaveLength(2);
    });

    it("throws our sentence behind the text that has left, and shows no call", async () => {
      site.play(() => ({ ...thinkingOf(client, "Hm."), text: "Let me look.", calls: [wrong] }));
      const chat = site.open(client);
      const thrown = await thrownBy(chat.ask(question("Paris?")));
      expect(thrown.message).toContain(sentence);
      expect(client.codeOf(thrown)).toBe("call_refused");
      expect(thrown.status).toBe(client.streams ? undefined : 400);
      expect(chat.ran).toEqual([]);
      expect(chat.pieces).toEqual([]);
      await expect.poll(() => site.exchanges()).toBe(1 + (client.vainRequests ?? 0));
    });
  });
}
