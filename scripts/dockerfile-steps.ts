import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseDockerfile } from "./dockerfile.ts";
import { baseImage, carryOut, checkBase, copyContext, placeOf, type Image } from "./image.ts";

// Carries out the Dockerfile without Docker: every step in a clean temporary folder, then the
// command as the image's own user, the health check against it, and a stop.

const healthyWithinMs = 30_000;
const stopsWithinMs = 40_000;
const root = path.resolve(import.meta.dirname, "..");
const say = (line: string): void => console.log(line);

function build(folder: string): Image {
  const contextFolder = path.join(folder, "context");
  say(`context: ${copyContext(root, contextFolder)} files`);
  const built = new Map<string, Image>();
  let last: Image | undefined;
  for (const stage of parseDockerfile(readFileSync(path.join(root, "Dockerfile"), "utf8"))) {
    checkBase(stage);
    say(`FROM ${stage.base} AS ${stage.name}`);
    last = baseImage(path.join(folder, stage.name));
    for (const instruction of stage.instructions) carryOut(instruction, last, { contextFolder, built, say });
    built.set(stage.name, last);
  }
  if (last === undefined) throw new Error("The Dockerfile has no stage.");
  return last;
}

/** The image's port is likely taken on the machine of a developer, so it is run on a free one. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}

function isHealthy(image: Image, port: number): boolean {
  const [program = "", ...args] = (image.health ?? []).map((part) => part.replaceAll("8787", String(port)));
  return spawnSync(program, args, placeOf(image)).status === 0;
}

async function prove(image: Image): Promise<void> {
  if (image.user === "root" || image.user === "") throw new Error("The image runs as root. Set USER.");
  if (image.health === undefined) throw new Error("The image has no HEALTHCHECK.");
  const port = await freePort();
  if (isHealthy(image, port)) throw new Error("The health check passes while nothing runs.");
  const command: readonly string[] = [...image.entrypoint, ...image.command, "--port", String(port)];
  const [program = "", ...args] = command;
  say(`start: ${program} ${args.join(" ")} as ${image.user}`);
  const child = spawn(program, args, { ...placeOf(image), stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += String(text)));
  try {
    const began = Date.now();
    while (!isHealthy(image, port)) {
      if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}:\n${output}`);
      if (Date.now() - began > healthyWithinMs) throw new Error(`It does not become healthy:\n${output}`);
      await sleep(200);
    }
    say(`healthy after ${Date.now() - began} ms`);
    const code = await stop(child);
    if (code !== 0) throw new Error(`It stopped with ${code}:\n${output}`);
    say("stopped with 0");
  } finally {
    child.kill("SIGKILL");
  }
}

async function stop(child: ChildProcess): Promise<number | null | "never"> {
  const ended = new Promise<number | null>((done) => child.once("exit", done));
  child.kill("SIGTERM");
  return Promise.race([ended, sleep(stopsWithinMs, "never" as const, { ref: false })]);
}

const folder = mkdtempSync(path.join(tmpdir(), "longstop-image-"));
try {
  chmodSync(folder, 0o755);
  await prove(build(folder));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
