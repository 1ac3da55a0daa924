import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";

const module = new URL("../../src/proxy/failpoint.ts", import.meta.url).href;

/** How a process ended that passed two failpoints, with one of them chosen. */
async function passFailpoints(chosen: string | undefined): Promise<{ signal: string | null; said: string }> {
  const code = `
    import { failpoint } from ${JSON.stringify(module)};
    process.on("exit", () => console.log("exit handler"));
    await failpoint("before-intent");
    console.log("passed one");
    await failpoint("after-dispatch");
    console.log("passed two");`;
  const { LONGSTOP_FAILPOINT: _, ...env } = process.env;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    env: chosen === undefined ? env : { ...env, LONGSTOP_FAILPOINT: chosen },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const said = await text(child.stdout);
  const [, signal] = (await ended) as [number | null, string | null];
  return { signal, said };
}

describe("a failpoint", () => {
  it("ends the process where it is chosen, as the kernel would", async () => {
    expect(await passFailpoints("after-dispatch")).toEqual({ signal: "SIGKILL", said: "passed one\n" });
  });

  it("does nothing where another one or none is chosen", async () => {
    const passed = { signal: null, said: "passed one\npassed two\nexit handler\n" };
    expect(await passFailpoints(undefined)).toEqual(passed);
    expect(await passFailpoints("after-answer")).toEqual(passed);
  });
});
