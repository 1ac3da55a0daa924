import { expect, it } from "vitest";
import { startProvider } from "../../examples/provider/provider.ts";
import type { Answer } from "../../examples/provider/answer.ts";
import { LongstopError } from "../../src/exchange/error.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";
import { framesIn } from "../../src/wire/sse.ts";

const failure = new LongstopError("upstream_cut", "The upstream broke off.");

/** A text in pieces, and two calls, the first without arguments. */
const scripted: Answer = {
  text: ["I ", "look ", "twice."],
  calls: [
    { id: "call_a", name: "now", arguments: {} },
    { id: "call_b", name: "weather", arguments: { city: "Graz", country: "Austria" } },
  ],
};
const text = "I look twice.";

/** How a protocol is asked for a stream. */
export interface StreamRequest {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The events of a stream of the provider, as texts. */
async function eventsOf({ path, body }: StreamRequest, answer: Answer): Promise<readonly string[]> {
  const provider = await startProvider(() => answer);
  try {
    const headers = {
      "content-type": "application/json",
      authorization: "Bearer sk-1",
      "x-api-key": "sk-1",
      "anthropic-version": "2023-06-01",
    };
    const got = await fetch(provider.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    expect(got.status).toBe(200);
    return framesIn(await got.text()).map(({ bytes }) => Buffer.from(bytes).toString("utf8"));
  } finally {
    await provider.close();
  }
}

/** What every protocol says of a stream that was cut, wherever that was. */
export function cutStreamSuite(protocol: Protocol, request: StreamRequest): void {
  const cut = (stream: string) => {
    const whole = protocol.forms.cutShort(stream);
    return whole === null ? null : protocol.readAnswer(whole).turn;
  };

  it("is the beginning of what was said, at every event, and ends by the token limit", async () => {
    const events = await eventsOf(request, scripted);
    const seen = new Set<string>();
    for (let at = 1; at < events.length; at++) {
      const stream = events.slice(0, at).join("");
      const reader = protocol.openReader();
      for (const frame of framesIn(stream)) reader.read(frame);
      if (reader.turn().complete) continue;
      const turn = cut(stream);
      if (turn === null) continue;
      expect(turn.finish).toBe("length");
      expect(text.startsWith(turn.text)).toBe(true);
      const calls = turn.calls.map(({ name, argumentsText }) => [name, JSON.parse(argumentsText) as unknown]);
      const all = [
        ["now", {}],
        ["weather", { city: "Graz", country: "Austria" }],
      ];
      expect(all.slice(0, calls.length)).toEqual(calls);
      seen.add(`${turn.text} ${calls.length}`);
    }
    // Not only ever nothing.
    expect(seen).toContain("I look  0");
    expect(seen).toContain(`${text} 1`);
  });

  it("keeps nothing of a frame that was cut, or of an error behind it", async () => {
    const events = await eventsOf(request, scripted);
    const at = events.findIndex((event) => event.includes("look "));
    const before = events.slice(0, at + 1).join("");
    const whole = cut(before);
    expect(whole?.text).toBe("I look ");
    expect(cut(before + (events[at + 1] as string).slice(0, -4))).toEqual(whole);
    const error = protocol.openWriter().error(failure);
    expect(cut(before + Buffer.from(error).toString("utf8"))).toEqual(whole);
    expect(cut(`: longstop {"partial":"x"}\n\n${before}`)).toEqual(whole);
  });

  it("is none where the stream came to its end, or said nothing", async () => {
    const events = await eventsOf(request, scripted);
    expect(cut(events.join(""))).toBeNull();
    expect(cut("")).toBeNull();
    expect(cut("data: {")).toBeNull();
    expect(cut("data: not json\n\n")).toBeNull();
  });
}
