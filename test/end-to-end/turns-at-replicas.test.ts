import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Provider, startProvider } from "../../examples/provider/provider.ts";
import { type Replicas, startReplicas } from "./replicas.ts";

const words = Array.from({ length: 12 }, (_, at) => `${at} `);

describe("a retry at another replica on the same database", () => {
  let provider: Provider;
  let replicas: Replicas;
  beforeEach(async () => {
    provider = await startProvider(() => ({ text: words, eventDelayMs: 60 }));
    const upstreams = { openai: { url: provider.url } };
    replicas = await startReplicas({ upstreams, turns: { mode: "enforce" } });
  }, 60_000);
  afterEach(async () => {
    await replicas.close();
    await provider.close();
  });

  const ask = (replica: 0 | 1, headers = {}, signal?: AbortSignal): Promise<Response> =>
    fetch(`${replicas.gateways[replica].url}/run/r/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer sk-1", "content-type": "application/json", ...headers },
      body: JSON.stringify({ model: "gpt-4o", stream: true, messages: [{ role: "user", content: "Hi" }] }),
      signal: signal ?? null,
    });
  const retry = { "x-stainless-retry-count": "1" };
  const textOf = (stream: string): string =>
    [...stream.matchAll(/"content":"([^"]*)"/g)].map(([, word]) => word).join("");

  it("reads the answer along while the first one makes it, from its start, and once it has ended", async () => {
    const leaving = new AbortController();
    const first = await ask(0, {}, leaving.signal);
    await first.body?.getReader().read();
    leaving.abort();
    const second = await ask(1, retry);
    expect(second.headers.get("longstop-replayed")).toBe("true");
    expect(provider.requests[0]?.outcome).toBeNull();
    expect(textOf(await second.text())).toBe(words.join(""));
    const third = await ask(1, retry);
    expect(textOf(await third.text())).toBe(words.join(""));
    expect(provider.requests.map(({ outcome }) => outcome)).toEqual(["sent"]);
  });
});
