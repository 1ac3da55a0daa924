import { describe, expect, it } from "vitest";
import { cutStream, erredStream, unreadableStream, untouched } from "../../src/proxy/stream-errors.ts";
import { SseError } from "../../src/wire/sse.ts";
import { targetOf } from "./support/engine-settings.ts";

const target = targetOf("openai", "https://openai.test");

describe("what is said of a stream that cannot end well", () => {
  it("names the upstream, and keeps the cause for the log", () => {
    const cause = new Error("socket hang up");
    const { code, message, cause: kept } = cutStream(target, cause);
    expect([code, kept]).toEqual(["upstream_cut", cause]);
    expect(message).toBe(
      "The upstream openai ended its stream before the answer was whole. No tool call was released.",
    );
  });

  it("quotes the upstream's own error, as far as it is short", () => {
    expect(erredStream(target, "Overloaded").message).toBe(
      "The upstream openai ended its answer with an error: Overloaded",
    );
    expect(erredStream(target, "x".repeat(10_000)).message.length).toBeLessThan(600);
  });

  it("says why it cannot be read", () => {
    const { code, message } = unreadableStream(target, new SseError("an event is too large"));
    expect([code, message]).toEqual([
      "upstream_unreadable",
      "The upstream openai sent a stream that cannot be read: an event is too large",
    ]);
  });

  it("lets a client ask again that has no piece of the answer, where that was cut, and only there", () => {
    const cut = cutStream(target, "why");
    const { retryable, message, cause } = untouched(cut);
    expect([cut.retryable, retryable, message, cause]).toEqual([false, true, cut.message, "why"]);
    const unreadable = unreadableStream(target, new SseError("no"));
    expect(untouched(unreadable)).toBe(unreadable);
  });
});
