import { describe, expect, it } from "vitest";
import { readPrompt } from "../../../src/protocols/anthropic-messages/read-prompt.ts";
import { refuseThread } from "../../../src/protocols/anthropic-messages/threads.ts";
import { fixture, promptOf } from "./traffic.ts";

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
