import { describe, expect, it } from "vitest";
import type { Script } from "../../../../examples/provider/answer.ts";
import type { ProviderRequest } from "../../../../examples/provider/provider.ts";
import type { Client } from "../client.ts";
import { dialects, historyIn, thinkingOf } from "../dialects.ts";
import { question, type Site } from "../site.ts";

const questions = 12;

/**
 * Calls a tool once for every question, every third time wrongly at first, with ids that are the same
 * each time it is played.
 */
function forecaster(client: Client): Script {
  let asks = 0;
  let next: "call" | "call again" | "say" = "call";
  return () => {
    if (next === "say") {
      next = "call";
      return { ...thinkingOf(client, `Read it, ${asks}.`), text: `Fine, as always (${asks}).` };
    }
    if (next === "call") asks += 1;
    const isWrong = next === "call" && asks % 3 === 0;
    next = isWrong ? "call again" : "say";
    const id = `call_${isWrong ? "wrong_" : ""}${asks}`;
    const args = { city: `City ${asks}`, ...(isWrong ? { BAD_DAYS: asks } : {}) };
    return {
      ...thinkingOf(client, `Ask, ${asks}.`),
      ...(client.refersToItems === true ? {} : { text: `I ask (${id}).` }),
      calls: [{ id, name: "get_weather", arguments: args }],
    };
  };
}

/** About 200 tokens, no two alike. */
function report(call: unknown): string {
  const lines = Array.from(
    { length: 12 },
    (_, hour) => `${JSON.stringify(call)} at ${hour}:00: ${hour * 7} mm of rain.`,
  );
  return lines.join("\n");
}

/** A body without its task and without what is bound to it. */
function unbound(body: string, task: string): string {
  return body.replaceAll(JSON.stringify(task).slice(1, -1), "…").replaceAll(/"signature":"[^"]*"/g, "…");
}

interface Conversed {
  readonly asked: readonly ProviderRequest[];
  /** What the client saw, as text. */
  readonly shown: string;
}

/** A response of OpenAI's repeats the instructions of its request, as they were sent. */
function hidden(key: string, value: unknown): unknown {
  return key === "instructions" ? undefined : value;
}

async function converse(client: Client, site: Site, task: string): Promise<Conversed> {
  const stage = site.play(forecaster(client));
  const model = `${dialects[client.protocol].model}-small`;
  const chat = stage.open(client, { model, run: report });
  await chat.ask(task);
  for (let n = 2; n <= questions; n++) await chat.ask(`And in city ${n}?`);
  expect(chat.ran).toHaveLength(questions);
  return { asked: stage.asked(), shown: JSON.stringify(chat.turns, hidden) };
}

export function longConversation(client: Client, site: Site): void {
  describe.skipIf(client.isProcess)("in a conversation that outgrows the model's window", () => {
    it("is trimmed seldom, the same way each time, and never into something invalid", async () => {
      const task = question("Weather in city 1?");
      const { asked, shown } = await converse(client, site, task);
      expect(asked.map(({ status }) => status)).toEqual(asked.map(() => 200));
      expect(asked).toHaveLength(2 * questions + Math.floor(questions / 3));

      const sent = asked.map(historyIn);
      const trims = sent.slice(1).filter((later, index) => {
        const before = sent[index] ?? [];
        return before.some((one, at) => later[at] !== one);
      });
      expect(trims.length).toBeGreaterThan(0);
      expect(trims.length).toBeLessThan(6);
      for (const messages of sent) expect(messages.join()).toContain(JSON.stringify(task).slice(1, -1));

      // The provider reads what tools said in frames, the client never does.
      for (const { body } of asked.slice(1)) {
        expect(body).toContain("<untrusted-data id=");
        // Each report, and nothing that the gateway said.
        const frames = body.split("<untrusted-data id=").length;
        expect(frames).toBe(body.split(" at 0:00: ").length);
      }
      expect(shown).not.toContain("untrusted-data");
      expect(shown).not.toContain("BAD_DAYS");
    });

    it.runIf(dialects[client.protocol].isRepeatable)(
      "is trimmed in the same places where another task has the same words",
      async () => {
        const tasks = [question("Weather in city 1?"), question("Weather in city 1?")];
        const [one, other] = await Promise.all(
          tasks.map(async (task) => {
            const { asked } = await converse(client, site, task);
            return asked.map(({ body }) => unbound(body, task));
          }),
        );
        expect(other).toEqual(one);
      },
    );
  });
}
