import { type ChildProcess, spawn } from "node:child_process";
import type { EventEmitter } from "node:events";
import { constants } from "node:os";
import { isatty } from "node:tty";
import type { Environment } from "../config/secrets.ts";
import { plain } from "./plain.ts";

/** A command, and all that it is to find around it. */
export interface Command {
  readonly name: string;
  readonly args: readonly string[];
  readonly environment: Environment;
}

/** Where signals come from, and whether a terminal is behind them. */
export interface Surroundings {
  readonly signals: Pick<EventEmitter, "on" | "off">;
  readonly hasTerminal: boolean;
}

/** How a command ended; `trouble` says why it could not be started. */
export interface Ended {
  /** As a shell has it: the command's own, 128 and the signal's number, 127 not found, 126 not executable. */
  readonly code: number;
  readonly trouble: string | null;
}

const passedOn = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs a command on this process's own input and output, passes signals on, and waits for its end. */
export function runChild(command: Command, surroundings: Surroundings = ofThisProcess()): Promise<Ended> {
  const { name, args, environment } = command;
  let child: ChildProcess;
  try {
    child = spawn(name, [...args], { stdio: "inherit", env: environment });
  } catch (error) {
    // Some of the system's refusals are thrown, such as E2BIG; others come as an event.
    return Promise.resolve(notStarted(name, error));
  }
  const stopPassing = passSignals(child, surroundings);
  return new Promise<Ended>((resolve) => {
    child.on("error", (error) => {
      // Of a command that runs this is a signal that could not be delivered.
      if (child.pid === undefined) resolve(notStarted(name, error));
    });
    child.once("exit", (code, signal) => resolve({ code: code ?? codeOf(signal), trouble: null }));
  }).finally(stopPassing);
}

/**
 * A terminal sends Ctrl-C to the whole group of processes, the command included. Passed on it would
 * come twice, and many programs take the second for impatience and end without cleaning up.
 */
function passSignals(child: ChildProcess, { signals, hasTerminal }: Surroundings): () => void {
  const listeners = passedOn.map((signal) => {
    const listener = (): void => {
      if (signal !== "SIGINT" || !hasTerminal) child.kill(signal);
    };
    signals.on(signal, listener);
    return { signal, listener };
  });
  return () => {
    for (const { signal, listener } of listeners) signals.off(signal, listener);
  };
}

function ofThisProcess(): Surroundings {
  return { signals: process, hasTerminal: [0, 1, 2].some((descriptor) => isatty(descriptor)) };
}

function codeOf(signal: NodeJS.Signals | null): number {
  return signal === null ? 1 : 128 + constants.signals[signal];
}

function notStarted(name: string, error: unknown): Ended {
  const { code } = error as NodeJS.ErrnoException;
  const shown = plain(name);
  if (code === "ENOENT" || name === "") {
    const where = name.includes("/") ? "There is no file" : "No program in PATH is called";
    return { code: 127, trouble: `${where} ${JSON.stringify(shown)}.` };
  }
  if (code === "EACCES") return { code: 126, trouble: `${shown} may not be executed.` };
  return { code: 126, trouble: `${shown} cannot be started (${code ?? String(error)}).` };
}
