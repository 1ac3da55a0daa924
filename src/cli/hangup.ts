import { closeSync, openSync } from "node:fs";
import { isatty } from "node:tty";

/** As much of a process as has to do with its terminal. */
export interface Terminal {
  readonly isTTY: boolean;
  /** True while the terminal that the process was started from is there. */
  readonly isThere: () => boolean;
  readonly onSignal: (listener: () => void) => void;
}

/**
 * SIGHUP means two things: an operator wants the configuration read again, and the terminal has gone.
 * Calls `reload` for the first. Resolves for the second, where the gateway must end as it always did,
 * or it would go on in a window that nobody sees and hold its port.
 */
export function onHangup(reload: () => void, terminal: Terminal = processTerminal): Promise<string> {
  return new Promise((resolve) => {
    terminal.onSignal(() => {
      if (terminal.isTTY && !terminal.isThere()) resolve("SIGHUP");
      else reload();
    });
  });
}

const processTerminal: Terminal = {
  isTTY: isatty(0),
  isThere: () => {
    try {
      closeSync(openSync("/dev/tty", "r+"));
      return true;
    } catch {
      // ENXIO or EIO: the process has no terminal any more.
      return false;
    }
  },
  onSignal: (listener) => void process.on("SIGHUP", listener),
};
