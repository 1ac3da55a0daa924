import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Provider } from "../../examples/provider/provider.ts";
import { startNumberedProvider } from "../proxy/support/numbered-provider.ts";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";

const hourMs = 3_600_000;

let provider: Provider;
let gateway: RunningGateway;
beforeEach(async () => {
  // The ledger's clock is the gateway's.
  vi.useFakeTimers({ toFake: ["Date"] });
  provider = await startNumberedProvider();
  gateway = await startTestGateway({
    upstreams: { openai: { url: provider.url } },
    turns: { mode: "enforce" },
    run: { replayHours: 2 },
  });
});
afterEach(async () => {
  vi.useRealTimers();
  await gateway.stop();
  await provider.close();
});

async function ask(attempt: string): Promise<readonly (string | null)[]> {
  const answer = await fetch(`${gateway.url}/run/r/attempt/${attempt}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content: "How warm is it?" }] }),
  });
  const { choices } = (await answer.json()) as { choices: { message: { content: string } }[] };
  const header = (name: string): string | null => answer.headers.get(`longstop-${name}`);
  return [choices[0]?.message.content ?? null, header("replayed"), header("recorded")];
}

it("an attempt that comes too late is answered anew, and later ones as it was", async () => {
  expect(await ask("1")).toEqual(["Answer 1.", null, null]);
  vi.setSystemTime(Date.now() + hourMs);
  expect(await ask("2")).toEqual(["Answer 1.", "true", null]);
  // The end of a turn is written behind its answer, so it may be as young as the second attempt.
  vi.setSystemTime(Date.now() + 3 * hourMs);
  expect(await ask("3")).toEqual(["Answer 2.", null, null]);
  vi.setSystemTime(Date.now() + hourMs);
  expect(await ask("4")).toEqual(["Answer 2.", "true", null]);
});
