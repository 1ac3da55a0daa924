import { describe, expect, it } from "vitest";
import type { FrameRole } from "../../src/protocols/protocol.ts";
import { openaiChat } from "../../src/protocols/openai-chat/index.ts";
import type { ClientStream } from "../../src/proxy/client-stream.ts";
import { TurnFrames, type FramePorts } from "../../src/proxy/turn-frames.ts";
import { FrameSplitter } from "../../src/wire/sse.ts";

const role = 'data: {"choices":[{"index":0,"delta":{"role":"assistant"}}]}\n\n';
const text = 'data: {"choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n';
const stop = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
const done = "data: [DONE]\n\n";
const failed = 'data: {"error":{"message":"overloaded"}}\n\n';

function scene(ports: Partial<FramePorts> = {}, waits?: Promise<void>) {
  const seen: string[] = [];
  const client = {
    beginTogether: () => void seen.push("("),
    sendTogether: () => (seen.push(")"), waits),
  };
  const reader = openaiChat.openReader();
  const frames = new TurnFrames(
    reader,
    new FrameSplitter({ frameBytesMax: 1000 }),
    client as unknown as ClientStream,
    {
      isHolding: () => false,
      opens: () => null,
      take: (_frame, kind: FrameRole) => void seen.push(kind),
      cut: (cause) => new Error("cut", { cause }),
      ...ports,
    },
  );
  return { frames, seen };
}

const bytes = (...pieces: readonly string[]): Buffer => Buffer.from(pieces.join(""));

describe("the frames of a turn", () => {
  it("are taken in order, and those of one piece leave together", () => {
    const { frames, seen } = scene();
    expect(frames.take(bytes(role, text.slice(0, 9)))).toBe("more");
    expect(frames.take(bytes(text.slice(9), stop, done))).toBe("more");
    expect(seen).toEqual(["(", "preamble", ")", "(", "text", "end", "end", ")"]);
    expect(frames.ended).toBe(true);
    expect(frames.end()).toBe("whole");
  });

  it("wait for the client", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const taken = scene({}, promise).frames.take(bytes(text));
    expect(taken).toBeInstanceOf(Promise);
    resolve();
    expect(await taken).toBe("more");
  });

  it("wait for what must be written down before a turn opens, those behind it too", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let opened = 0;
    const { frames, seen } = scene({ opens: () => (opened++ === 0 ? promise : null) });
    const taken = frames.take(bytes(role, role, text));
    await Promise.resolve();
    expect(seen).toEqual(["("]);
    resolve();
    expect(await taken).toBe("more");
    expect(seen).toEqual(["(", "preamble", "preamble", "text", ")"]);
  });

  it("end with the upstream's own error, whatever stands behind it", async () => {
    const { frames, seen } = scene();
    expect(frames.take(bytes(text, failed, text))).toBe("enough");
    expect(seen).toEqual(["(", "text", "error", ")"]);
    expect(frames.end()).toBe("upstream-error");
    const later = scene({ opens: () => Promise.resolve() });
    expect(await later.frames.take(bytes(role, failed, text))).toBe("enough");
    expect(later.frames.end()).toBe("upstream-error");
  });

  it("that stand behind the end are not looked at while something is held", () => {
    const { frames, seen } = scene({ isHolding: () => true });
    void frames.take(bytes(stop, done, "data: {broken\n\n"));
    expect(seen).toEqual(["(", "end", "end", ")"]);
  });

  it("leave what was taken although one behind them cannot be read", () => {
    const { frames, seen } = scene();
    expect(() => frames.take(bytes(text, "data: {broken\n\n"))).toThrow("not valid JSON");
    expect(seen).toEqual(["(", "text", ")"]);
  });

  it("count the last one without its blank line where it makes the turn whole", () => {
    const whole = scene();
    void whole.frames.take(bytes(text, stop.trimEnd()));
    expect(whole.frames.end()).toBe("whole");
    expect(whole.seen).toEqual(["(", "text", ")", "end"]);
    const open = scene();
    void open.frames.take(bytes(text, text.trimEnd()));
    expect(open.frames.end()).toBe("whole");
    expect(open.seen).toEqual(["(", "text", ")"]);
    const cut = scene();
    void cut.frames.take(bytes(text, text.slice(0, 20)));
    expect(() => cut.frames.end()).toThrow("cut");
  });
});
