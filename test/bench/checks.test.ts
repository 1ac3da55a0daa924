import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { answerBody } from "../../bench/bodies.ts";
import { checkStream, checkWhole } from "../../bench/checks.ts";
import { doneEvent, finishEvent, roleEvent, stampedEvent } from "../../bench/mock/chunks.ts";
import { subjects } from "../../bench/subjects.ts";
import type { Started } from "../../bench/turns.ts";

let server: Server | undefined;
afterEach(() => server?.close());

async function subjectThatSays(text: string, status = 200): Promise<Started> {
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { connection: "close" }).end(text);
  });
  await new Promise<void>((resolve) => {
    server?.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const [subject] = subjects;
  if (subject === undefined) throw new Error("there are no subjects");
  return { subject, port, url: `http://127.0.0.1:${port}`, pid: null, mock: 0, headers: {}, children: [] };
}

describe("a subject's whole answer", () => {
  it("is right when the model's choices are, in whatever spelling", async () => {
    const spelled = JSON.stringify({ extra: 1, ...(JSON.parse(answerBody) as object) }, null, 1);
    await expect(checkWhole(await subjectThatSays(spelled), "{}")).resolves.toBeUndefined();
  });

  it("is wrong when a word of it differs, or it is an error", async () => {
    const changed = answerBody.replace("Oslo", "Rome");
    await expect(checkWhole(await subjectThatSays(changed), "{}")).rejects.toThrow(
      "direct changes the answer",
    );
    server?.close();
    await expect(checkWhole(await subjectThatSays("busy", 503), "{}")).rejects.toThrow(
      "direct answers 503: busy",
    );
  });
});

describe("a subject's stream", () => {
  const text = stampedEvent(1n);
  const right = roleEvent + text.repeat(3) + finishEvent + doneEvent;

  it("is right with all its events, comments between them or not", async () => {
    await expect(checkStream(await subjectThatSays(right), "{}", 3)).resolves.toBeUndefined();
    server?.close();
    const commented = right.replace(doneEvent, `: keep-alive\n\n${doneEvent}`);
    await expect(checkStream(await subjectThatSays(commented), "{}", 3)).resolves.toBeUndefined();
  });

  it.each([
    ["an event less", right.replace(text, "")],
    ["no end", right.replace(doneEvent, "")],
    ["no finish", right.replace(finishEvent, "")],
    ["two finishes", right.replace(finishEvent, finishEvent.repeat(2))],
  ])("is wrong with %s", async (_name, wrong) => {
    await expect(checkStream(await subjectThatSays(wrong), "{}", 3)).rejects.toThrow(
      "direct changes the stream",
    );
  });
});
