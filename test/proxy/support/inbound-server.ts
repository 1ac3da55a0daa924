import { onTestFinished } from "vitest";
import { Inbound } from "../../../src/proxy/inbound.ts";
import { startHttp } from "./loopback.ts";

export interface InboundServer {
  readonly origin: string;
  readonly port: number;
  /** Resolves with what `serve` gave for the first request; rejects with what it threw. */
  readonly served: Promise<unknown>;
}

/** A real server that hands each request to `serve` as the gateway would. Ends with the test. */
export async function startInbound(serve: (inbound: Inbound) => Promise<unknown>): Promise<InboundServer> {
  const first = Promise.withResolvers<unknown>();
  // Whoever does not ask for it must not be failed by it, unless it is an expectation that was not met.
  first.promise.catch(() => {});
  const unmet: unknown[] = [];
  onTestFinished(() => {
    if (unmet.length > 0) throw unmet[0];
  });
  let requests = 0;
  const { origin, port } = await startHttp((incoming, outgoing) => {
    const inbound = new Inbound(`exchange-${++requests}`, incoming, outgoing);
    serve(inbound).then(first.resolve, (thrown: unknown) => {
      first.reject(thrown);
      if (thrown instanceof Error && thrown.name === "AssertionError") unmet.push(thrown);
      outgoing.destroy();
    });
  });
  return { origin, port, served: first.promise };
}
