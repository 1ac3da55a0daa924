import { describe, expect, it } from "vitest";
import type { Answer } from "../../../../examples/provider/answer.ts";
import type { Client } from "../client.ts";
import { paris, question, thrownBy, type Site } from "../site.ts";

const html = { body: "<html>Bad Gateway</html>", headers: { "content-type": "text/html" } };
const fine: Answer = { text: "Fine." };
const long = { name: "get_weather", arguments: { city: "Llanfairpwllgwyngyll", unit: "celsius" } };

const cutEarly = "an answer that breaks off before its first word";

/** Faults that clients meet with a retry, or not; what they do without the gateway is measured. */
const faults: Readonly<Record<string, Answer>> = {
  "429 with retry-after": { error: { status: 429, retryAfterSeconds: 1 } },
  "429 without": { error: { status: 429 } },
  "500": { error: { status: 500 } },
  "529": { error: { status: 529, message: "Overloaded" } },
  "400": { error: { status: 400, message: "No." } },
  "401": { error: { status: 401, message: "Who?" } },
  "a page of HTML with 502": { status: 502, ...html },
  "a page of HTML with 403": { status: 403, ...html },
  [cutEarly]: { ...fine, cutAfterBytes: 1 },
  "a connection that is dropped before it is answered": { dropBeforeHeaders: true },
};

/** Errors of the provider come through word for word; the others are worded by whoever meets them. */
function wordsOf(name: string, { message }: Error): string {
  return faults[name]?.error === undefined ? "thrown" : message.replace(/req_\w+/, "req_…");
}

export function faulty(client: Client, site: Site): void {
  describe("where the upstream fails", () => {
    it("is asked again by the client as without the gateway", async () => {
      const seen = new Map<string, number>();
      site.play(({ path, body }) => {
        const [name] = /(?<=FAULT: )[^.]+/.exec(body) ?? [""];
        const way = `${path.startsWith("/direct") ? "direct" : "through"}: ${name}`;
        seen.set(way, (seen.get(way) ?? 0) + 1);
        return seen.get(way) === 1 ? (faults[name] ?? {}) : fine;
      });
      const outcomes = await Promise.all(
        Object.keys(faults).map(async (name) => {
          const ask = question(`FAULT: ${name}.`);
          const direct = site.open(client, { url: `${site.provider.url}/direct` });
          const [through, without] = await Promise.all(
            [site.open(client), direct].map((chat) =>
              chat.ask(ask).catch((thrown: Error) => wordsOf(name, thrown)),
            ),
          );
          return [
            { name, requests: seen.get(`through: ${name}`), outcome: through },
            { name, requests: seen.get(`direct: ${name}`), outcome: without },
          ];
        }),
      );
      // A stream that had begun is nobody's to ask for again; behind the gateway it has not begun yet.
      const begun = client.streams && client.ignoresShouldRetry === true;
      const expected = outcomes.map(([, direct]) =>
        begun && direct?.name === cutEarly ? { ...direct, requests: 2, outcome: "Fine." } : direct,
      );
      expect(outcomes.map(([through]) => through)).toEqual(expected);
    });

    it("is told how long to wait", async () => {
      site.play(() => ({ error: { status: 429, retryAfterSeconds: 7, message: "Slow down, please." } }));
      const thrown = await thrownBy(site.open(client, { retriesMax: 0 }).ask(question("Paris?")));
      expect(thrown).toMatchObject({ status: 429, message: expect.stringContaining("Slow down, please.") });
      expect(thrown.headers?.get("retry-after")).toBe("7");
    });

    const cuts = [
      { name: "breaks off inside a call", answer: { calls: [long], cut: "break" } },
      { name: "ends cleanly inside a call", answer: { calls: [long], cut: "end" } },
      { name: "breaks off inside a call behind text", answer: { text: "Hm.", calls: [long], cut: "break" } },
      { name: "ends cleanly inside a call behind text", answer: { text: "Hm.", calls: [long], cut: "end" } },
    ] as const;
    it.each(client.streams ? cuts : [])(
      "throws where a stream $name, and shows no call",
      async ({ answer }) => {
        const events = (client.protocol === "openai-chat" ? 3 : 4) + ("text" in answer ? 3 : 0);
        site.play(() => ({ ...answer, cutAfterEvents: events }));
        const chat = site.open(client, { retriesMax: 0 });
        const thrown = await thrownBy(chat.ask(question("Paris?")));
        expect(thrown.message).toMatch(/(ended its stream|broke off) before (the|its) answer was whole/);
        expect(chat.ran).toEqual([]);
        expect(chat.pieces).toEqual([]);
        await expect.poll(() => site.exchanges()).toBe(1 + (client.vainRequests ?? 0));
      },
    );

    it.each(client.streams ? [] : [client])("throws where a whole answer is cut", async () => {
      site.play(() => ({ calls: [long], cutAfterBytes: 300 }));
      const chat = site.open(client, { retriesMax: 0 });
      const thrown = await thrownBy(chat.ask(question("Paris?")));
      expect(thrown).toMatchObject({
        status: 502,
        message: expect.stringContaining("before its answer was whole"),
      });
      expect(chat.ran).toEqual([]);
    });

    it.each(client.streams ? [client] : [])(
      "throws the provider's own error inside a stream, and shows no call",
      async () => {
        site.play(() => ({ text: "Hm.", calls: [paris as typeof long], errorAfterEvents: 6 }));
        const chat = site.open(client, { retriesMax: 0 });
        const thrown = await thrownBy(chat.ask(question("Paris?")));
        expect(thrown.message).toMatch(/The server had an error|Overloaded/);
        expect(chat.ran).toEqual([]);
        expect(chat.pieces).toEqual([]);
      },
    );
  });
}
