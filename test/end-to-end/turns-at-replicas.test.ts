import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Provider, startProvider } from "../../examples/provider/provider.ts";
import { asSuperuser, urlOf } from "../ledger/postgres/server.ts";
import { sharedServer } from "../ledger/postgres/shared-server.ts";
import { freshSchema } from "../ledger/postgres/under-test.ts";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";

const words = Array.from({ length: 12 }, (_, at) => `${at} `);

describe("a retry at another replica on the same database", () => {
  let provider: Provider;
  let replicas: RunningGateway[];
  let schema: string;
  let server: number;
  let folder: string;
  beforeEach(async () => {
    server = await sharedServer();
    schema = freshSchema();
    folder = await mkdtemp(join(tmpdir(), "longstop-replicas-"));
    await writeFile(join(folder, "url"), `${urlOf(server)}\n`);
    provider = await startProvider(() => ({ text: words, eventDelayMs: 60 }));
    const written = {
      upstreams: { openai: { url: provider.url } },
      ledger: { kind: "postgres", url: { file: join(folder, "url") }, schema },
      turns: { mode: "enforce" },
    };
    replicas = [await startTestGateway(written), await startTestGateway(written)];
  }, 60_000);
  afterEach(async () => {
    for (const replica of replicas) await replica.stop();
    await provider.close();
    await asSuperuser(server, `drop schema if exists ${schema} cascade`);
    await rm(folder, { recursive: true, force: true });
  });

  const ask = (replica: number, headers = {}, signal?: AbortSignal): Promise<Response> =>
    fetch(`${replicas[replica]?.url}/run/r/v1/chat/completions`, {
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
