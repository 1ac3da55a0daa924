import type Anthropic from "@anthropic-ai/sdk";
import { afterEach, describe, expect, it } from "vitest";
import { readPrompt } from "../../../src/protocols/anthropic-messages/read-prompt.ts";
import { refuseThread } from "../../../src/protocols/anthropic-messages/threads.ts";
import { anthropic, request, runnable, weather } from "./clients.ts";
import { fixture, promptOf, startUpstream } from "./traffic.ts";
import type { Upstream } from "./traffic.ts";

describe("refusing message threads", () => {
  it("says that a new thread is not supported", () => {
    const answer = refuseThread(readPrompt(fixture("requests/thread-create.json")));
    expect(answer).toMatchObject({ status: 400, headers: { "x-should-retry": "false" } });
    expect(JSON.parse(answer?.body ?? "")).toMatchObject({
      type: "error",
      error: { type: "invalid_request_error", details: { error_code: "thread_unsupported_request" } },
    });
  });

  it("says that a thread to be continued is not there", () => {
    const answer = refuseThread(readPrompt(fixture("requests/thread-continue.json")));
    expect(answer?.status).toBe(404);
    expect(JSON.parse(answer?.body ?? "")).toMatchObject({
      error: { type: "not_found_error", details: { error_code: "thread_not_found" } },
    });
  });

  it("lets every other request go on, and refuses forms of threads that it does not know", () => {
    expect(refuseThread(promptOf({ messages: [] }))).toBeNull();
    expect(refuseThread(promptOf({ messages: [], thread: null }))).toBeNull();
    expect(refuseThread(promptOf({ messages: [], thread: { type: "fork" } }))?.status).toBe(400);
    expect(refuseThread(promptOf({ messages: [], thread: "x" }))?.status).toBe(400);
  });
});

describe("what the SDK makes of it", () => {
  let upstream: Upstream;
  afterEach(() => upstream.close());

  /** A gateway in small: refuses what must be refused, and gives the model's answers for the rest. */
  async function gateway(...answers: string[]): Promise<{ client: Anthropic; answered: string[] }> {
    const answered: string[] = [];
    upstream = await startUpstream((body) => {
      const refusal = refuseThread(readPrompt(body));
      if (refusal !== null) return refusal;
      return { body: answers[answered.push(body) - 1] ?? "" };
    });
    return { client: anthropic(upstream.url, 2), answered };
  }

  it.each([true, false])(
    "lets its tool runner (stream: %s) go on with the full history and no thread",
    async (stream) => {
      const extension = stream ? "sse" : "json";
      const { client, answered } = await gateway(
        fixture(`tool-call.${extension}`),
        fixture(`text.${extension}`),
      );
      const runner = client.beta.messages.toolRunner({ ...request, stream, tools: [runnable(() => "18C")] });
      const last = await runner.runUntilDone();

      expect(last.content).toMatchObject([{ type: "text" }]);
      expect(JSON.parse(upstream.bodies[0] ?? "")).toMatchObject({ thread: { type: "create" } });
      expect(answered).toHaveLength(2);
      const prompts = answered.map((body) => readPrompt(body));
      expect(prompts.map(({ messages }) => messages.map(({ role }) => role))).toEqual([
        ["user"],
        ["user", "assistant", "user"],
      ]);
      for (const { offers, text } of prompts) {
        expect(offers.map(({ name }) => name)).toEqual(["get_weather"]);
        expect(JSON.parse(text)).not.toHaveProperty("thread");
      }
      expect(prompts[1]?.parts.at(-1)).toMatchObject({
        kind: "result",
        texts: ["18C"],
        result: { toolName: "get_weather" },
      });
    },
  );

  it("replays a thread that began elsewhere from its beginning", async () => {
    const { client, answered } = await gateway(fixture("text.json"), fixture("text.json"));
    const direct = await startUpstream(() => ({ body: fixture("text.json") }));
    let base = direct.url;
    const moving = client.withOptions({
      fetch: (url, init) =>
        fetch(new URL(new URL(url instanceof Request ? url.url : url).pathname, base), init),
    });
    const thread = moving.beta.messages.thread({
      model: request.model,
      max_tokens: 100,
      tools: [weather],
      unsupportedRequestBehavior: "continue_unthreaded",
    });
    await thread.send({ role: "user", content: "one" });
    base = upstream.url;
    await thread.send({ role: "user", content: "two" });
    await direct.close();

    expect(
      upstream.bodies.map((body) => (JSON.parse(body) as { thread?: { type: string } }).thread?.type),
    ).toEqual(["continue", "create", undefined]);
    expect(readPrompt(answered[0] ?? "").messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "user",
    ]);
  });
});
