import { describe, expect, it } from "vitest";
import { frameOf, type Frame } from "../../../src/wire/sse.ts";
import { Aside } from "../../../src/proxy/turns/aside.ts";
import { FramesAside } from "../../../src/proxy/turns/frames-aside.ts";
import { TurnOutput } from "../../../src/proxy/turns/turn-output.ts";

const frame = (text: string): Frame => frameOf(`data: ${text}\n\n`);

function setAside(): { readonly frames: FramesAside; readonly said: () => string; readonly aside: Aside } {
  const output = new TurnOutput("stream");
  const aside = new Aside(
    () => {},
    () => output.recording.length,
  );
  output.aside = aside;
  const said = (): string => `${aside.round} ${aside.recording.text().replaceAll(/data: |\n/g, "")}`;
  return { frames: new FramesAside(output), said, aside };
}

describe("frames that nobody was shown", () => {
  it("stand behind what was shown, which is not set aside", () => {
    const { frames, said } = setAside();
    frames.passed(frame("a"), false);
    frames.passed(frame("b"), true);
    frames.held(frame("c"), true);
    frames.held(frame("d"), true);
    expect(said()).toBe("0 cd");
  });

  it("stand for themselves, with what opens them, where nothing was shown before", () => {
    const { frames, said } = setAside();
    frames.passed(frame("a"), false);
    frames.held(frame("b"), false);
    frames.held(frame("c"), true);
    expect(said()).toBe("1 abc");
  });

  it("are all of a turn that follows another one, shown or not", () => {
    const { frames, said } = setAside();
    frames.held(frame("a"), true);
    frames.nextTurn();
    frames.passed(frame("b"), true);
    frames.held(frame("c"), true);
    expect(said()).toBe("2 bc");
  });

  it("are nobody's where the turn is not written down", () => {
    const output = new TurnOutput("stream");
    const frames = new FramesAside(output);
    frames.passed(frame("a"), false);
    frames.held(frame("b"), false);
    frames.nextTurn();
    frames.released();
    expect(output.aside).toBeNull();
  });
});
