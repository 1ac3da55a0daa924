import { describe, expect, it } from "vitest";
import { onHangup } from "../../src/cli/hangup.ts";

/** A process whose terminal a test can take away. */
function terminalOf(isTTY: boolean): {
  isTTY: boolean;
  there: boolean;
  isThere(): boolean;
  onSignal(on: () => void): void;
  signal(): void;
} {
  let listener = (): void => {};
  const terminal = {
    isTTY,
    there: isTTY,
    isThere: () => terminal.there,
    onSignal: (on: () => void) => void (listener = on),
    signal: () => listener(),
  };
  return terminal;
}

describe("SIGHUP", () => {
  it.each([true, false])(
    "asks for the configuration, on a terminal (%s) or not, as often as it comes",
    (isTTY) => {
      const terminal = terminalOf(isTTY);
      let reloads = 0;
      void onHangup(() => (reloads += 1), terminal);
      terminal.signal();
      terminal.signal();
      expect(reloads).toBe(2);
    },
  );

  it("ends the gateway whose terminal has gone", async () => {
    const terminal = terminalOf(true);
    const ended = onHangup(() => expect.fail("There is nobody left to reload for."), terminal);
    terminal.there = false;
    terminal.signal();
    expect(await ended).toBe("SIGHUP");
  });
});
