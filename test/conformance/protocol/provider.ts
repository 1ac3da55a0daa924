import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { WholeAnswer } from "../../../src/protocols/protocol.ts";

export interface Provider extends AsyncDisposable {
  readonly url: string;
  /** The bodies of the requests that came, in order. */
  readonly bodies: readonly string[];
}

/** A real server in the provider's place: gives the answers in their order, the last one for ever. */
export async function startProvider(...answers: readonly WholeAnswer[]): Promise<Provider> {
  const bodies: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const answer = answers[bodies.length] ?? answers.at(-1);
      bodies.push(Buffer.concat(chunks).toString("utf8"));
      outgoing.writeHead(answer?.status ?? 404, answer?.headers).end(answer?.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    bodies,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function whole(body: string): WholeAnswer {
  return { status: 200, headers: { "content-type": "application/json" }, body };
}

export function stream(body: string): WholeAnswer {
  return { status: 200, headers: { "content-type": "text/event-stream" }, body };
}
