import { afterAll, beforeAll, describe, it } from "vitest";
import { startProvider, type Provider } from "../../../../examples/provider/provider.ts";
import type { RunningGateway } from "../../../proxy/support/running-gateway.ts";
import type { Client } from "../client.ts";
import { paris, question, startGatewayTo, thrownBy, weatherOf } from "../site.ts";

const never = "NEVER";
const args = '{"city": "Paris", "unit": "celsius"}';

/** Runs clients through gateways of their own, since limits on time are those of a whole gateway. */
export function slow(clients: readonly Client[]): void {
  describe("a slow upstream", () => {
    let provider: Provider;
    let impatient: RunningGateway;
    let holding: RunningGateway;
    beforeAll(async () => {
      provider = await startProvider(({ body }) => {
        if (body.includes(never)) return { silent: true };
        if (body.includes("tool_call_id") || body.includes("tool_use_id")) return { text: "Fine." };
        return { text: ["Hm."], calls: [{ name: paris.name, arguments: args }], eventDelayMs: 250 };
      });
      impatient = await startGatewayTo(provider.url, { timeouts: { headersMs: 300 } });
      holding = await startGatewayTo(provider.url, { hold: { keepAliveSeconds: 1, preambleMs: 0 } });
    });
    afterAll(async () => {
      await impatient.stop();
      await holding.stop();
      await provider.close();
    });

    it.concurrent.for(clients)(
      "that never answers is a 400 for $name, which does not ask again",
      async (client, { expect }) => {
        const ask = question(never);
        const chat = client.open({ url: impatient.url, run: weatherOf });
        const thrown = await thrownBy(chat.ask(ask));
        expect(thrown).toMatchObject({
          status: 400,
          message: expect.stringContaining("did not answer in time"),
        });
        expect(provider.requests.filter(({ body }) => body.includes(ask))).toHaveLength(1);
      },
    );

    it.concurrent.for(clients.filter(({ streams }) => streams))(
      "does not disturb $name, which is sent comments",
      async (client, { expect }) => {
        const received: string[] = [];
        const chat = client.open({ url: holding.url, run: weatherOf, fetch: recording(received) });
        expect(await chat.ask(question("Paris?"))).toBe("Fine.");
        expect(chat.ran).toEqual([paris]);
        expect(received.join("")).toContain(": keep-alive\n\n");
      },
    );
  });
}

/** A fetch that also writes down what it gives to the client. */
function recording(received: string[]): typeof fetch {
  return async (...asked) => {
    const answer = await fetch(...asked);
    if (answer.body === null) return answer;
    const decoder = new TextDecoder();
    const tap = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, sink) {
        received.push(decoder.decode(chunk, { stream: true }));
        sink.enqueue(chunk);
      },
    });
    return new Response(answer.body.pipeThrough(tap), answer);
  };
}
