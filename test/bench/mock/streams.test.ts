import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requestBody } from "../../../bench/bodies.ts";
import { stampSign } from "../../../bench/mock/chunks.ts";
import { writePace, type Pace } from "../../../bench/mock/pace.ts";
import { requestBytes } from "../../../bench/load/request-bytes.ts";
import { startProgram, type Program } from "../programs.ts";

let mock: Program;
beforeAll(async () => {
  mock = await startProgram("bench/mock/streams.ts");
});
afterAll(() => mock.stop());

async function ask(pace: Pace): Promise<string> {
  const answer = await fetch(`${mock.url}/v1/chat/completions`, {
    method: "POST",
    body: requestBody(1_000, { stream: true, user: writePace(pace) }),
  });
  expect(answer.headers.get("content-type")).toBe("text/event-stream");
  return answer.text();
}

function countOf(text: string, part: string): number {
  return text.split(part).length - 1;
}

describe("the mock model of streams", () => {
  it.each([
    { events: 200, intervalMs: 0, eventsPerWrite: 1 },
    { events: 200, intervalMs: 0, eventsPerWrite: 8 },
    { events: 13, intervalMs: 0, eventsPerWrite: 8 },
    { events: 1, intervalMs: 5, eventsPerWrite: 1 },
    { events: 10, intervalMs: 5, eventsPerWrite: 1 },
  ])("sends role, text, finish and end at the pace %j", async (pace) => {
    const text = await ask(pace);
    expect(countOf(text, stampSign)).toBe(pace.events);
    expect(countOf(text, '"role":"assistant"')).toBe(1);
    expect(countOf(text, '"finish_reason":"stop"')).toBe(1);
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  it("answers one stream after the other on a kept connection, whatever the pieces of the request", async () => {
    const port = Number(new URL(mock.url).port);
    const pace = writePace({ events: 3, intervalMs: 0, eventsPerWrite: 1 });
    const request = requestBytes(port, {}, Buffer.from(requestBody(1_000, { user: pace })));
    const socket = connect(port, "127.0.0.1").setNoDelay(true);
    let text = "";
    socket.on("data", (bytes) => (text += String(bytes)));
    for (let turn = 1; turn <= 3; turn++) {
      for (let at = 0; at < request.length; at += 700) socket.write(request.subarray(at, at + 700));
      while (countOf(text, "[DONE]") < turn) await once(socket, "data");
    }
    socket.destroy();
    expect(countOf(text, stampSign)).toBe(9);
  });

  it("refuses a request without a pace, so that a subject that drops the field is seen", async () => {
    const answer = await fetch(`${mock.url}/v1/chat/completions`, {
      method: "POST",
      body: requestBody(1_000),
    });
    expect(answer.status).toBe(400);
  });
});
