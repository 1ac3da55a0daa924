import { describe, expect, it } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import { errorOfFailed, failedFrames } from "../../../src/protocols/openai-responses/failed-response.ts";
import { eventsIn, textIn, type Json } from "./traffic.ts";

const error = new LongstopError("upstream_cut", "Cut.", { detail: { operation: "op_1" } });

describe("the end of a stream that cannot end well", () => {
  it("is an error that every client looks for, and the response that failed", () => {
    const envelope = '{"id":"resp_1","status":"in_progress","error":null,"output":[]}';
    const [first, second] = eventsIn(textIn([failedFrames(error, envelope, ['{"type":"message"}'], 8)]));
    expect(first).toMatchObject({
      type: "error",
      sequence_number: 8,
      error: { message: "Cut.", code: "upstream_cut", operation: "op_1" },
    });
    expect(second).toEqual({
      type: "response.failed",
      sequence_number: 9,
      response: {
        id: "resp_1",
        status: "failed",
        error: { code: "upstream_cut", message: "Cut." },
        output: [{ type: "message" }],
      },
    });
  });

  it("is the error alone where the client was told of no response", () => {
    expect(eventsIn(textIn([failedFrames(error, undefined, [], 0)]))).toHaveLength(1);
  });

  it("has the provider's reason where that failed, and one of ours where it gives none", () => {
    const told = (response: Json) => eventsIn(textIn([errorOfFailed(response, 3)]))[0]?.["error"];
    expect(told({ error: { code: "server_error", message: "Broken." } })).toMatchObject({
      code: "server_error",
      message: "Broken.",
    });
    expect(told({})).toMatchObject({ code: null, message: "The model's answer failed." });
  });
});
