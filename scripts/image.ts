import { spawnSync } from "node:child_process";
import { chownSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { commandOf, isIgnored, type Instruction, type Stage } from "./dockerfile.ts";

/** A stage carried out: its file system lies in `folder`. */
export interface Image {
  readonly folder: string;
  readonly env: Record<string, string>;
  workdir: string;
  user: string;
  health: readonly string[] | undefined;
  entrypoint: readonly string[];
  command: readonly string[];
}

/** The one user besides root that the base image has. */
const nodeUser = { name: "node", id: 1000 };

/** What a build may see of this machine: how to reach the network, and nothing of the project. */
const inherited = ["HOME", "LANG", "NODE_EXTRA_CA_CERTS", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];

export function baseImage(folder: string): Image {
  const env = Object.fromEntries(
    [...inherited, ...inherited.map((name) => name.toLowerCase())].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  env["PATH"] = `${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  return { folder, env, workdir: "/", user: "root", health: undefined, entrypoint: [], command: [] };
}

/** Refuses a base image that this machine's Node cannot stand for. */
export function checkBase(stage: Stage): void {
  const wanted = /^node:(\d+)/.exec(stage.base)?.[1];
  const found = process.versions.node.split(".")[0];
  if (wanted !== found) throw new Error(`${stage.base} wants Node ${wanted}; this is ${process.version}.`);
}

export interface Building {
  readonly contextFolder: string;
  readonly built: ReadonlyMap<string, Image>;
  readonly say: (line: string) => void;
}

export function carryOut(instruction: Instruction, image: Image, building: Building): void {
  const { name, rest, flags } = instruction;
  building.say(`  ${name} ${rest.length > 90 ? `${rest.slice(0, 90)}…` : rest}`);
  switch (name) {
    case "ENV":
      for (const [, key = "", value = ""] of rest.matchAll(/(\w+)=("[^"]*"|\S+)/g)) {
        image.env[key] = value.replaceAll('"', "");
      }
      return;
    case "WORKDIR":
      image.workdir = path.posix.resolve(image.workdir, rest);
      mkdirSync(inside(image, "."), { recursive: true });
      return;
    case "COPY":
      return copy(rest, flags, image, building);
    case "RUN":
      return run(commandOf(rest), image);
    case "USER":
      image.user = rest;
      return;
    case "HEALTHCHECK":
      image.health = commandOf(rest.replace(/^CMD\s+/, ""));
      return;
    case "ENTRYPOINT":
      image.entrypoint = commandOf(rest);
      return;
    case "CMD":
      image.command = commandOf(rest);
      return;
    default: // VOLUME and EXPOSE are for whoever runs the image
  }
}

/** Where a path of the image lies on this machine. */
function inside(image: Image, file: string): string {
  return path.join(image.folder, path.posix.resolve(image.workdir, file));
}

function copy(rest: string, flags: Readonly<Record<string, string>>, image: Image, building: Building): void {
  const names = rest.split(/\s+/);
  const target = names.pop() ?? ".";
  const from = flags["from"] === undefined ? undefined : building.built.get(flags["from"]);
  if (flags["from"] !== undefined && from === undefined)
    throw new Error(`There is no stage ${flags["from"]}.`);
  for (const name of names) {
    const source =
      from === undefined ? path.join(building.contextFolder, name) : path.join(from.folder, name);
    if (!existsSync(source)) throw new Error(`COPY: ${name} is not there.`);
    // Docker copies what is in a folder, not the folder.
    const isInto = !statSync(source).isDirectory() && (target.endsWith("/") || names.length > 1);
    const to = inside(image, isInto ? path.posix.join(target, path.basename(name)) : target);
    cpSync(source, to, { recursive: true, verbatimSymlinks: true });
    if (flags["chown"]?.startsWith(nodeUser.name) === true) own(to);
  }
}

function own(file: string): void {
  if (process.getuid?.() !== 0) return;
  chownSync(file, nodeUser.id, nodeUser.id);
  if (!statSync(file).isDirectory()) return;
  for (const entry of readdirSync(file)) own(path.join(file, entry));
}

function run(command: readonly string[], image: Image): void {
  const [program = "", ...args] = command;
  const done = spawnSync(program, args, { ...placeOf(image), encoding: "utf8" });
  if (done.status === 0) return;
  throw new Error(`RUN failed with ${done.status ?? done.signal}:\n${done.stdout}\n${done.stderr}`);
}

/** Working folder, environment and user for a command of the image. */
export function placeOf(image: Image): {
  cwd: string;
  env: Record<string, string>;
  uid?: number;
  gid?: number;
} {
  const place = { cwd: inside(image, "."), env: image.env };
  const isOther = image.user !== "root" && process.getuid?.() === 0;
  return isOther ? { ...place, uid: nodeUser.id, gid: nodeUser.id } : place;
}

/** What `docker build` would be sent: this folder without what `.dockerignore` names. */
export function copyContext(from: string, to: string): number {
  const ignore = readFileSync(path.join(from, ".dockerignore"), "utf8");
  let files = 0;
  cpSync(from, to, {
    recursive: true,
    filter(source) {
      const file = path.relative(from, source);
      if (file !== "" && isIgnored(file, ignore, path.posix.matchesGlob)) return false;
      files += statSync(source).isFile() ? 1 : 0;
      return true;
    },
  });
  return files;
}
