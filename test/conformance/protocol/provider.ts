import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { WholeAnswer } from "../../../src/protocols/protocol.ts";

export interface Provider extends AsyncDisposable {
  readonly url: string;
  /** The bodies of the requests that came, in order. */
  readonly bodies: readonly string[];
}

/** A real server in the provider's place: gives the answers in their order, the last one for ever. */
export function startProvider(...answers: readonly WholeAnswer[]): Promise<Provider> {
  return startAnswering(
    (_, turn) => answers[turn] ?? answers.at(-1) ?? { status: 404, headers: {}, body: "" },
  );
}

/** A request that came: its path without the query, and its body. */
export interface Asked {
  readonly path: string;
  readonly body: string;
}

/** A real server that makes each answer when it is asked for; `turn` counts the requests, from 0. */
export async function startAnswering(
  answerTo: (asked: Asked, turn: number) => WholeAnswer,
): Promise<Provider> {
  const bodies: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const [path = ""] = (incoming.url ?? "").split("?");
      const asked = { path, body: Buffer.concat(chunks).toString("utf8") };
      const answer = answerTo(asked, bodies.length);
      bodies.push(asked.body);
      outgoing.writeHead(answer.status, answer.headers).end(answer.body);
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
