import { EventEmitter } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { runChild } from "../../src/cli/run-child.ts";
import { ownFolder } from "../config/loading.ts";

const quiet = { signals: new EventEmitter(), hasTerminal: false };
const { PATH } = process.env;
const environment = PATH === undefined ? {} : { PATH };

function node(code: string, more: Readonly<Record<string, string>> = {}) {
  return { name: process.execPath, args: ["-e", code], environment: { ...environment, ...more } };
}

/** What a file holds, once somebody has written it. */
async function written(file: string): Promise<string> {
  await expect.poll(() => readFile(file, "utf8").catch(() => ""), { timeout: 15_000 }).not.toBe("");
  return readFile(file, "utf8");
}

describe("a command", () => {
  it("gives its exit code, gets its arguments as they are, and nothing but its environment", async () => {
    const out = path.join(await ownFolder(), "out");
    const code = `require("fs").writeFileSync(process.env.OUT, JSON.stringify([process.argv.slice(1), process.env]));
      process.exit(37)`;
    const command = node(code, { OUT: out });
    const args = [...command.args, "--", "a b", "$HOME", "-x", ""];
    expect(await runChild({ ...command, args }, quiet)).toEqual({ code: 37, trouble: null });
    const [itsArgs, its] = JSON.parse(await readFile(out, "utf8")) as [string[], Record<string, string>];
    expect(itsArgs).toEqual(["a b", "$HOME", "-x", ""]);
    expect(its).toMatchObject({ OUT: out });
    expect(its["VITEST"]).toBeUndefined();
  });

  it.each([
    ["SIGTERM", 143],
    ["SIGKILL", 137],
  ] as const)("that dies of %s gives %d, as in a shell", async (signal, code) => {
    const command = node(`process.kill(process.pid, "${signal}"); setTimeout(() => {}, 60_000)`);
    expect(await runChild(command, quiet)).toEqual({ code, trouble: null });
  });

  it("that is not there gives 127, one that may not be executed 126", async () => {
    const folder = await ownFolder();
    const file = path.join(folder, "plain");
    await writeFile(file, "echo hello\n");
    const ended = (name: string, args: readonly string[] = []) =>
      runChild({ name, args, environment }, quiet);
    expect(await ended("no-such-program-here")).toEqual({
      code: 127,
      trouble: 'No program in PATH is called "no-such-program-here".',
    });
    expect(await ended(path.join(folder, "missing"))).toMatchObject({ code: 127 });
    expect(await ended("")).toMatchObject({ code: 127 });
    expect(await ended(file)).toEqual({ code: 126, trouble: `${file} may not be executed.` });
    expect(await ended(folder)).toMatchObject({ code: 126 });
    expect(await ended(process.execPath, ["x".repeat(4 * 1024 * 1024)])).toEqual({
      code: 126,
      trouble: `${process.execPath} cannot be started (E2BIG).`,
    });
  });
});

describe("signals", () => {
  /** A command that says which signals it got, and ends with 9 on SIGTERM. */
  async function listening(hasTerminal: boolean) {
    const folder = await ownFolder();
    const [ready, got] = [path.join(folder, "ready"), path.join(folder, "got")];
    const signals = new EventEmitter();
    const code = `const { appendFileSync } = require("fs");
      for (const name of ["SIGINT", "SIGHUP", "SIGTERM"]) process.on(name, () => {
        appendFileSync(process.env.GOT, name + " ");
        if (name === "SIGTERM") process.exit(9);
      });
      setTimeout(() => process.exit(1), 15_000);
      appendFileSync(process.env.READY, "ready")`;
    const ended = runChild(node(code, { READY: ready, GOT: got }), { signals, hasTerminal });
    await written(ready);
    return { signals, ended, got };
  }

  it("are passed on, and the command decides what to do with them", async () => {
    const { signals, ended, got } = await listening(false);
    let expected = "";
    for (const name of ["SIGINT", "SIGHUP", "SIGINT", "SIGTERM"]) {
      signals.emit(name);
      expected += `${name} `;
      await expect.poll(() => readFile(got, "utf8").catch(() => "")).toBe(expected);
    }
    expect(await ended).toEqual({ code: 9, trouble: null });
    expect(signals.eventNames()).toEqual([]);
  });

  it("leave Ctrl-C to the terminal, which has sent it to the command already", async () => {
    const { signals, ended, got } = await listening(true);
    signals.emit("SIGINT");
    signals.emit("SIGHUP");
    await expect.poll(() => readFile(got, "utf8").catch(() => "")).toBe("SIGHUP ");
    signals.emit("SIGTERM");
    expect(await ended).toMatchObject({ code: 9 });
    expect(await readFile(got, "utf8")).toBe("SIGHUP SIGTERM ");
  });
});
