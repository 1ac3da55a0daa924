import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { beginStream, eventStream, type Asked } from "./raw-upstream.ts";
import { speakers, type Speaker } from "./speakers.ts";
import { connected, received, requestBytes } from "./wire-client.ts";

/** How long a tool works, ms: longer than its clients stay. */
const toolMs = 20;

/** Where a client leaves, and what the upstream does until then. */
interface Stage {
  readonly name: string;
  /** Sends what is to be sent before the client leaves. */
  readonly go: (client: Socket, speaker: Speaker) => Promise<unknown>;
  readonly answer: (asked: Asked, speaker: Speaker) => void;
}

function request(speaker: Speaker, stage: string): Buffer {
  const { path, headers } = speaker;
  const body = speaker.body(`Weather in Paris? (stage ${stage})`);
  return requestBytes({ path, headers: { ...headers, "x-stage": stage }, body });
}

function wrong({ frames }: Speaker): string {
  return frames.join("").replaceAll("city", "town");
}

const seesText = (text: string): boolean => text.includes("Let me see.");

/** Waits until the upstream has the request: its answers tell by what the client is sent, or not at all. */
const moment = (): Promise<void> => sleep(5);

export const stages: readonly Stage[] = [
  {
    name: "headers",
    go: async (client, speaker) => void client.write(request(speaker, "headers").subarray(0, 60)),
    answer: () => {},
  },
  {
    name: "body",
    go: async (client, speaker) => void client.write(request(speaker, "body").subarray(0, -10)),
    answer: () => {},
  },
  {
    name: "waiting",
    async go(client, speaker) {
      client.write(request(speaker, "waiting"));
      await moment();
    },
    answer: () => {},
  },
  {
    name: "preamble",
    async go(client, speaker) {
      client.write(request(speaker, "preamble"));
      await moment();
    },
    answer: (asked, { frames }) => beginStream(asked, frames.slice(0, 1)),
  },
  {
    name: "text",
    async go(client, speaker) {
      client.write(request(speaker, "text"));
      await received(client, seesText);
    },
    answer: (asked, { frames, textFrame }) => beginStream(asked, frames.slice(0, textFrame + 1)),
  },
  {
    name: "held",
    async go(client, speaker) {
      client.write(request(speaker, "held"));
      await received(client, seesText);
    },
    answer: (asked, { frames, callFrame }) => beginStream(asked, frames.slice(0, callFrame + 1)),
  },
  {
    name: "repair",
    async go(client, speaker) {
      client.write(request(speaker, "repair"));
      await received(client, seesText);
      await moment();
    },
    // The first answer has a wrong call; the second question is never answered.
    answer({ outgoing, body }, speaker) {
      if (body.includes("town")) return;
      outgoing.writeHead(200, { "content-type": eventStream }).end(wrong(speaker));
    },
  },
  {
    name: "whole",
    async go(client, speaker) {
      const { wholePath: path, headers } = speaker;
      const body = speaker.wholeBody("Weather in Paris?");
      client.write(requestBytes({ path, headers: { ...headers, "x-stage": "whole" }, body }));
      await moment();
    },
    answer: ({ outgoing }, { whole }) =>
      void outgoing.writeHead(200, { "content-type": "application/json" }).write(whole.slice(0, 50)),
  },
  {
    name: "passing",
    async go(client) {
      client.write(
        "POST /v1/files HTTP/1.1\r\nhost: x\r\nx-stage: passing\r\ntransfer-encoding: chunked\r\n\r\n",
      );
      client.write("5\r\nhello\r\n");
      await moment();
    },
    answer: () => {},
  },
  {
    name: "effect",
    async go(client) {
      const headers = { "content-type": "application/json", "x-stage": "effect" };
      client.write(requestBytes({ path: "/tools/pay/charges", headers, body: '{"amount":1}' }));
      await moment();
    },
    answer: ({ outgoing }) =>
      void setTimeout(
        () => outgoing.writeHead(201, { "content-type": "application/json" }).end('{"paid":1}'),
        toolMs,
      ),
  },
];

/** Answers as the stage that a request names wants it. */
export function answerStage(asked: Asked): void {
  const stage = stages.find(({ name }) => name === asked.incoming.headers["x-stage"]);
  const path = asked.path;
  const speaker = speakers.find((one) => one.path === path || one.wholePath === path) ?? speakers[0];
  if (stage !== undefined && speaker !== undefined) stage.answer(asked, speaker);
}

const atOnce = 32;

/** Sends so many requests, spread over stages and protocols, whose clients all leave before the end. */
export async function abortRequests(port: number, count: number): Promise<void> {
  const next = Array.from({ length: count }, (_, index) => index).values();
  const work = async (): Promise<void> => {
    for (const index of next) {
      const stage = stages[index % stages.length];
      const speaker = speakers[Math.floor(index / stages.length) % speakers.length];
      if (stage === undefined || speaker === undefined) continue;
      const client = await connected(port);
      await stage.go(client, speaker);
      const closed = once(client, "close");
      // Half of them go without a word, as a process that is killed; the others say that they go.
      if (index % 2 === 0) client.resetAndDestroy();
      else client.destroy();
      await closed;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
