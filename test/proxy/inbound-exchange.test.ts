import { createServer } from "node:http";
import { afterEach, expect, it } from "vitest";
import type { Exchange } from "../../src/exchange/exchange.ts";
import { defineGuard } from "../../src/guards/guard.ts";
import { pass } from "../../src/exchange/verdict.ts";
import { startTestGateway } from "./support/running-gateway.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

it("says to guards whose request it is, and tells them when its client leaves", async () => {
  const leaving = new AbortController();
  const judging = Promise.withResolvers<void>();
  const left = Promise.withResolvers<Exchange>();
  const waiting = defineGuard({
    name: "waiting",
    version: 1,
    summary: "Waits until the client has left.",
    options: {},
    watch: () => ({
      watches: {
        prompt: async (_subject, at) => {
          at.signal.addEventListener("abort", () => left.resolve(at), { once: true });
          judging.resolve();
          await left.promise;
          return pass;
        },
      },
    }),
  });
  const server = createServer((_incoming, outgoing) => outgoing.end("{}"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as { port: number };
  const gateway = await startTestGateway(
    { upstreams: { model: { url: `http://127.0.0.1:${port}` } }, posts: [{ guard: "waiting" }] },
    [waiting],
  );
  stops.push(() => gateway.stop());

  const asked = fetch(`${gateway.url}/run/nightly/u/model/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "hi" }] }),
    signal: leaving.signal,
  });
  await judging.promise;
  leaving.abort();

  await expect(asked).rejects.toThrow(/abort/);
  const { id, plane, protocol, target, caller } = await left.promise;
  expect(id).toMatch(/^req_/);
  expect({ plane, protocol, target, run: caller.run.id }).toEqual({
    plane: "llm",
    protocol: "openai-chat",
    target: "model",
    run: "nightly",
  });
});
