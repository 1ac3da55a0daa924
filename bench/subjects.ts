import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeProxy } from "./mock/nginx.ts";

const project = join(import.meta.dirname, "..");
const peers = join(import.meta.dirname, "peers/node_modules");

/** Something that stands between load and mock. `direct` stands for nothing between them. */
export interface Subject {
  /** What it is called on the command line. */
  readonly name: string;
  /** What it is called in the tables. */
  readonly title: string;
  /** Null for `direct`. */
  readonly argv: ((port: number, upstream: string, folder: string) => Promise<readonly string[]>) | null;
  readonly headers: (upstream: string) => Readonly<Record<string, string>>;
  /** A program of others that `npm ci` in bench/peers installs; its errors do not fail the run. */
  readonly peer: string | null;
}

const noHeaders = (): Readonly<Record<string, string>> => ({});

export const subjects: readonly Subject[] = [
  { name: "direct", title: "direct", argv: null, headers: noHeaders, peer: null },
  {
    name: "nginx",
    title: "nginx",
    argv: async (port, upstream, folder) => [
      "nginx",
      "-p",
      folder,
      "-c",
      await writeProxy(folder, port, upstream),
    ],
    headers: noHeaders,
    peer: null,
  },
  { name: "bare", title: "bare hono + undici", argv: program("bare.ts"), headers: noHeaders, peer: null },
  {
    name: "bare-json",
    title: "bare, parse + stringify",
    argv: program("bare.ts", "json"),
    headers: noHeaders,
    peer: null,
  },
  // The raw path by itself: nothing is watched, and no line is written for an exchange.
  {
    name: "without",
    title: "longstop without posts",
    argv: longstop("without", "posts: []", "turns: { mode: off }", "log: { level: warn }"),
    headers: noHeaders,
    peer: null,
  },
  // The default configuration, its log included.
  {
    name: "with",
    title: "longstop with all posts",
    argv: longstop("with"),
    headers: noHeaders,
    peer: null,
  },
  {
    name: "portkey",
    title: "@portkey-ai/gateway",
    argv: async (port) => [
      process.execPath,
      join(peers, "@portkey-ai/gateway/build/start-server.js"),
      `--port=${port}`,
      "--headless",
    ],
    headers: (upstream) => ({ "x-portkey-provider": "openai", "x-portkey-custom-host": `${upstream}/v1` }),
    peer: "@portkey-ai/gateway",
  },
  {
    name: "rust",
    title: "@lmnr-ai/claude-code-proxy (Rust)",
    argv: program("rust.ts"),
    headers: noHeaders,
    peer: "@lmnr-ai/claude-code-proxy",
  },
];

/** Where the installed version of a peer is written. */
export function peerPackage(peer: string): string {
  return join(peers, peer, "package.json");
}

/** Whether a peer has to be installed first. */
export function isMissing(subject: Subject): boolean {
  return subject.peer !== null && !existsSync(peerPackage(subject.peer));
}

function program(file: string, ...rest: readonly string[]) {
  return async (port: number, upstream: string): Promise<readonly string[]> => [
    process.execPath,
    join(import.meta.dirname, "subjects", file),
    String(port),
    upstream,
    ...rest,
  ];
}

/**
 * Longstop as it comes, but for what a bench has to say; its log goes where a supervisor would take it.
 * `lines` are further lines of its configuration.
 */
function longstop(name: string, ...lines: readonly string[]) {
  return async (port: number, upstream: string, folder: string): Promise<readonly string[]> => {
    const file = join(folder, `longstop-${name}-${port}.yaml`);
    const ledger = JSON.stringify(join(folder, `ledger-${name}-${port}.db`));
    const configuration = [
      `listen: { port: ${port} }`,
      `upstreams: { mock: { url: "${upstream}" } }`,
      "defaults: { openai: mock, anthropic: null }",
      // The folder for temporary files is in memory on some machines.
      `ledger: { kind: sqlite, file: ${ledger}, allowFileSystems: [tmpfs] }`,
      ...lines,
    ];
    await writeFile(file, `${configuration.join("\n")}\n`);
    return [process.execPath, join(project, "longstop.mjs"), "start", file];
  };
}
