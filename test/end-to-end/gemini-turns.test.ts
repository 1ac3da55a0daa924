import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startProvider, type Provider } from "../../examples/provider/provider.ts";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";

// The Gemini API has three forms of one answer, and says in the path and the query which.

const methods = {
  whole: ":generateContent",
  events: ":streamGenerateContent?alt=sse",
  list: ":streamGenerateContent",
};
type Form = keyof typeof methods;
const words = "It is 21 degrees.";

let provider: Provider;
let gateway: RunningGateway;
beforeEach(async () => {
  provider = await startProvider(() => ({ text: ["It is ", "21 degrees."], usage: { output: 3 } }));
  gateway = await startTestGateway({
    upstreams: { gemini: { url: provider.url } },
    turns: { mode: "enforce" },
  });
});
afterEach(async () => {
  await gateway.stop();
  await provider.close();
});

async function ask(form: Form, attempt: string): Promise<{ text: string; replayed: boolean; type: string }> {
  const url = `${gateway.url}/run/r/attempt/${attempt}/v1beta/models/gemini-3-flash${methods[form]}`;
  const body = JSON.stringify({ contents: [{ role: "user", parts: [{ text: "How warm is it?" }] }] });
  const answer = await fetch(url, { method: "POST", headers: { "x-goog-api-key": "k" }, body });
  expect(answer.status).toBe(200);
  const type = answer.headers.get("content-type") ?? "";
  const replayed = answer.headers.get("longstop-replayed") === "true";
  return { text: await answer.text(), replayed, type };
}

/** The words of an answer. Throws where it is not in that form. */
function wordsIn(form: Form, text: string): string {
  const list = {
    whole: () => [JSON.parse(text)],
    list: () => JSON.parse(text) as unknown[],
    events: () => [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? "")),
  }[form]() as { candidates: { content?: { parts?: { text: string }[] } }[] }[];
  return list
    .flatMap(({ candidates }) => candidates[0]?.content?.parts ?? [])
    .map(({ text: piece }) => piece)
    .join("");
}

describe.each<Form>(["whole", "events", "list"])("a turn of Gemini that was asked for as %s", (first) => {
  it.each<Form>(["whole", "events", "list"])(
    "is told to a later attempt that asks for %s",
    async (second) => {
      const before = await ask(first, "1");
      expect(wordsIn(first, before.text)).toBe(words);
      const after = await ask(second, "2");
      expect(wordsIn(second, after.text)).toBe(words);
      expect(after.type).toContain(second === "events" ? "text/event-stream" : "application/json");
      // Nothing is made into a list: who wants one gets an answer of its own.
      const isTold = first === second || second !== "list";
      expect(after.replayed).toBe(isTold);
      expect(provider.requests).toHaveLength(isTold ? 1 : 2);
      expect(after.text === before.text).toBe(first === second);
    },
  );
});
