import { BadRequestError } from "@anthropic-ai/sdk";
import { HumanMessage } from "@langchain/core/messages";
import { afterEach, describe, expect, it } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import { errorFrame, refuse } from "../../../src/protocols/anthropic-messages/errors.ts";
import { anthropic, langchain, request } from "./clients.ts";
import { fixture, startUpstream, textOf } from "./traffic.ts";
import type { Upstream, UpstreamAnswer } from "./traffic.ts";

let upstream: Upstream | undefined;
afterEach(() => upstream?.close());

async function serve(answer: UpstreamAnswer): Promise<Upstream> {
  upstream = await startUpstream(() => answer);
  return upstream;
}

describe("wording an error", () => {
  it("carries sentence, code and detail where the SDK shows them", () => {
    const error = new LongstopError("call_refused", "The call was refused.", {
      detail: { faults: ["a"], error_code: "not this" },
    });
    const { status, headers, body } = refuse(error, "req_1");
    expect(status).toBe(400);
    expect(headers).toEqual({
      "content-type": "application/json",
      "request-id": "req_1",
      "x-should-retry": "false",
    });
    expect(JSON.parse(body)).toEqual({
      type: "error",
      error: {
        type: "invalid_request_error",
        message: "The call was refused.",
        details: { faults: ["a"], error_code: "call_refused" },
      },
      request_id: "req_1",
    });
  });

  it("allows a retry only where it is safe, and says when", () => {
    const down = new LongstopError("ledger_down", "Not now.", { retryAfterSeconds: 5 });
    expect(refuse(down, "r").headers).toEqual({
      "content-type": "application/json",
      "request-id": "r",
      "retry-after": "5",
    });
    expect(refuse(new LongstopError("upstream_cut", "Cut."), "r").headers["x-should-retry"]).toBe("false");
  });

  it.each([
    ["route_unknown", {}, "not_found_error"],
    ["call_refused_by_policy", {}, "permission_error"],
    ["request_too_large", {}, "request_too_large"],
    ["key_reused", {}, "invalid_request_error"],
    ["internal", {}, "api_error"],
    ["upstream_timeout", { status: 504 }, "timeout_error"],
  ] as const)("names the type of %s %j: %s", (code, options, type) => {
    expect(JSON.parse(refuse(new LongstopError(code, "x", options), "r").body).error.type).toBe(type);
  });

  it("ends a stream with the event that every client understands", () => {
    const frame = Buffer.from(errorFrame(new LongstopError("upstream_cut", "Cut.\nShort."))).toString();
    expect(frame).toMatch(/^event: error\ndata: \{"type":"error".*\}\n\n$/);
    expect(frame).toContain('"error_code":"upstream_cut"');
  });
});

describe("an error, as real clients take it", () => {
  const error = new LongstopError("call_refused", "Longstop refused the call.", {
    detail: { faults: ["unknown"] },
  });

  it("shows its sentence, code and request id through the SDK, which does not repeat the request", async () => {
    const { url, bodies } = await serve(refuse(error, "req_7"));
    const client = anthropic(url, 2);
    const thrown = await client.messages.create(request).catch((caught: unknown) => caught);
    expect(thrown).toBeInstanceOf(BadRequestError);
    expect(thrown).toMatchObject({
      status: 400,
      type: "invalid_request_error",
      requestID: "req_7",
      apiMessage: "Longstop refused the call.",
      errorCode: "call_refused",
      details: { faults: ["unknown"] },
    });
    expect(bodies).toHaveLength(1);
  });

  it("is not repeated even with a status that the SDK would repeat", async () => {
    const { url, bodies } = await serve(refuse(new LongstopError("upstream_cut", "Cut."), "r"));
    const sent = anthropic(url, 2).messages.create(request);
    await expect(sent).rejects.toMatchObject({ status: 502, apiMessage: "Cut." });
    expect(bodies).toHaveLength(1);
  });

  it("ends a stream loudly, for the SDK and for LangChain", async () => {
    const cut = fixture("text-and-tool-call.sse").split("event: content_block_start")[1] ?? "";
    const head = fixture("text.sse").split("\n\n")[0] ?? "";
    const stream = `${head}\n\nevent: content_block_start${cut}${textOf([errorFrame(error)])}`;
    const { url } = await serve({ body: stream });
    await expect(anthropic(url).messages.stream(request).finalMessage()).rejects.toThrow(
      "Longstop refused the call.",
    );
    await expect(langchain(url, true).invoke([new HumanMessage("w?")])).rejects.toThrow(
      "Longstop refused the call.",
    );
  });
});
