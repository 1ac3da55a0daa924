import { describe, expect, it } from "vitest";
import { eventIn } from "../../../src/protocols/anthropic-messages/stream-event.ts";
import { frameOf } from "../../../src/wire/sse.ts";

describe("the event in a frame", () => {
  it("is named by its data, else by the event line", () => {
    expect(eventIn(frameOf('event: x\ndata: {"type":"ping"}\n\n'))?.type).toBe("ping");
    expect(eventIn(frameOf('event: x\ndata: {"a": 1.0}\n\n'))).toMatchObject({
      type: "x",
      text: '{"a": 1.0}',
    });
  });

  it("may begin with a byte order mark", () => {
    expect(eventIn(frameOf('data: \ufeff{"type":"ping"}\n\n'))?.type).toBe("ping");
  });

  it("is read once from a frame, for all who ask", () => {
    const frame = frameOf('data: {"type":"ping"}\n\n');
    expect(eventIn(frame)).toBe(eventIn(frame));
  });

  it("is none in frames without data, and in the mark that ends other protocols' streams", () => {
    expect(eventIn(frameOf("event: x\n\n"))).toBeNull();
    expect(eventIn(frameOf("data: [DONE]\n\n"))).toBeNull();
  });

  it.each(["data: {\n\n", "data: 7\n\n", "data: {} {}\n\n"])("makes %j the upstream's fault", (frame) => {
    expect(() => eventIn(frameOf(frame))).toThrowError(
      expect.objectContaining({ code: "upstream_unreadable" }),
    );
  });
});
