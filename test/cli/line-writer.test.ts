import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { lineWriter, openLineWriter } from "../../src/cli/line-writer.ts";

describe("the line writer", () => {
  it("writes every line, in order", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "longstop-test-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = await open(path.join(folder, "log"), "w");
    const writer = openLineWriter(file.fd);
    const lines = Array.from({ length: 5000 }, (_, index) => `line ${index}\n`);
    for (const line of lines) writer.write(line);
    await writer.flush(10_000);
    await file.close();
    expect(await readFile(path.join(folder, "log"), "utf8")).toBe(lines.join(""));
  });

  it("writes lines that come close together at once, and an urgent one without waiting", async () => {
    const puts: string[] = [];
    const writer = lineWriter((bytes, done) => {
      puts.push(bytes.toString());
      setImmediate(done, null);
    });
    writer.write("a\n");
    await new Promise((resolve) => setImmediate(resolve));
    writer.write("b\n");
    expect(puts).toEqual([]);
    writer.write("c\n", true);
    expect(puts).toEqual(["a\nb\nc\n"]);
    await writer.flush(10_000);
    writer.write("d\n");
    await expect.poll(() => puts.at(-1)).toBe("d\n");
    writer.write("e\n");
    await writer.flush(10_000);
    expect(puts).toEqual(["a\nb\nc\n", "d\n", "e\n"]);

    // Under load a line always comes while another one is written.
    writer.write("f\n", true);
    writer.write("g\n");
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(puts.slice(3)).toEqual(["f\n"]);
    await writer.flush(10_000);
    expect(puts.slice(3)).toEqual(["f\n", "g\n"]);
  });

  it("makes lines when they are written, some at a time, and in order with those that are made", async () => {
    const puts: string[] = [];
    const dones: (() => void)[] = [];
    const writer = lineWriter((bytes, done) => {
      puts.push(bytes.toString());
      dones.push(() => done(null));
    });
    let made = 0;
    const text: string[] = [];
    for (let i = 0; i < 600; i++) {
      text.push(`line ${i}\n`);
      writer.write(i % 3 === 0 ? `line ${i}\n` : () => (made++, `line ${i}\n`));
    }
    // The first 256 came together, and the next wait until those are written.
    expect(puts).toHaveLength(1);
    expect(made).toBe(170);
    for (let i = 0; i < 3; i++) {
      dones[i]?.();
      await expect.poll(() => puts.length).toBe(Math.min(i + 2, 3));
    }
    expect(puts.join("")).toBe(text.join(""));
    expect(puts.map((put) => put.split("\n").length - 1)).toEqual([256, 256, 88]);
  });

  it("drops lines that are not made yet, too, where nobody reads", async () => {
    let finish = (): void => {};
    const puts: string[] = [];
    const writer = lineWriter((bytes, done) => {
      puts.push(bytes.toString());
      finish = () => done(null);
    });
    writer.write("first\n", true);
    for (let i = 0; i < 20_000; i++) writer.write(() => "x\n");
    const flushed = writer.flush(10_000);
    while (!puts.join("").includes("dropped")) finish();
    finish();
    await flushed;
    const lines = puts.join("").trim().split("\n");
    expect(lines.filter((line) => line === "x")).toHaveLength(8192);
    expect(lines.find((line) => line.startsWith("{"))).toContain(`"dropped":${20_000 - 8192}`);
  });

  it("keeps its bound where the reader stays too slow", async () => {
    let finish = (): void => {};
    const puts: string[] = [];
    const writer = lineWriter((bytes, done) => {
      puts.push(bytes.toString());
      finish = () => done(null);
    });
    writer.write("first\n", true);
    for (let i = 0; i < 9000; i++) writer.write(() => "x\n");
    for (let round = 0; round < 500; round++) {
      finish();
      for (let i = 0; i < 300; i++) writer.write(() => "x\n");
    }
    const waiting = puts.length;
    const flushed = writer.flush(10_000);
    for (let i = 0; i < 100; i++) finish();
    await flushed;
    const left = puts.slice(waiting).join("").split("\n");
    // Each counts 512 bytes of 4 MiB, and those that tell of dropped ones come on top of that.
    expect(left.filter((line) => line === "x").length).toBeLessThanOrEqual(8192);
    expect(left.filter((line) => line === "x").length).toBeGreaterThan(8000);
  });

  it("does nothing on a descriptor that is closed", async () => {
    const writer = openLineWriter(9999);
    writer.write("a\n");
    await writer.flush(10_000);
    expect(() => writer.write("b\n")).not.toThrow();
    await writer.flush(10_000);
  });

  it("outlives a reader that went away", async () => {
    const child = writing(`
      process.stdin.once("data", async () => {
        for (let i = 0; i < 50; i++) { writer.write("more\\n"); await new Promise((next) => setImmediate(next)); }
        await writer.flush(10000);
        process.stderr.write("alive", () => process.exit(0));
      });
      writer.write("ready\\n");
    `);
    await once(child.stdout, "data");
    child.stdout.destroy();
    child.stdin.write("go\n");
    expect(await textOf(child.stderr)).toBe("alive");
  });

  // The reader does not read. Written with Node's own stdout, the process would stand still here.
  it("never waits for a reader that does not read, and drops what is too much", async () => {
    const child = writing(`
      for (let i = 0; i < 100000; i++) writer.write("x".repeat(99) + "\\n");
      setTimeout(async () => {
        await writer.flush(50);
        process.stderr.write("turned", () => process.exit(0));
      }, 20);
    `);
    child.stdout.pause();
    expect(await textOf(child.stderr)).toBe("turned");
  });

  it("says how many lines were dropped, once there is room", async () => {
    const child = writing(`
      for (let i = 0; i < 100000; i++) writer.write("x".repeat(99) + "\\n");
      await writer.flush(10000);
    `);
    const lines = (await textOf(child.stdout)).trimEnd().split("\n");
    const last = JSON.parse(lines.at(-1) ?? "") as { readonly what: string; readonly dropped: number };
    expect(last.what).toBe("log lines dropped");
    expect(lines.length - 1 + last.dropped).toBe(100_000);
  });
});

/** A process that has a line writer on its standard output, a pipe. */
function writing(script: string) {
  const writerUrl = new URL("../../src/cli/line-writer.ts", import.meta.url).href;
  const text = `import { lineWriter, openLineWriter } from ${JSON.stringify(writerUrl)};\nconst writer = openLineWriter(1);\n${script}`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", text], { stdio: "pipe" });
  onTestFinished(() => void child.kill());
  return child;
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}
