import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

const project = join(import.meta.dirname, "..");
const peers = join(import.meta.dirname, "peers");

/** Something that stands between load and mock. `direct` stands for nothing between them. */
export interface Subject {
  readonly name: string;
  /** Null for `direct`. */
  readonly argv: ((port: number, upstream: string, folder: string) => Promise<readonly string[]>) | null;
  readonly headers: (upstream: string) => Readonly<Record<string, string>>;
}

const portkeyEntry = join(peers, "node_modules/@portkey-ai/gateway/build/start-server.js");

export const subjects: readonly Subject[] = [
  { name: "direct", argv: null, headers: () => ({}) },
  {
    name: "bare hono + undici",
    argv: async (port, upstream) => [
      process.execPath,
      join(import.meta.dirname, "subjects/bare.ts"),
      String(port),
      upstream,
    ],
    headers: () => ({}),
  },
  { name: "longstop without posts", argv: longstop("posts: []"), headers: () => ({}) },
  { name: "longstop with all posts", argv: longstop(""), headers: () => ({}) },
  {
    name: "@portkey-ai/gateway",
    argv: async (port) => [process.execPath, portkeyEntry, `--port=${port}`, "--headless"],
    headers: (upstream) => ({ "x-portkey-provider": "openai", "x-portkey-custom-host": `${upstream}/v1` }),
  },
];

/** Whether a peer has to be installed first. */
export function isMissing(subject: Subject): boolean {
  return subject.name === "@portkey-ai/gateway" && !existsSync(portkeyEntry);
}

function longstop(posts: string) {
  return async (port: number, upstream: string, folder: string): Promise<readonly string[]> => {
    const name = posts === "" ? "all" : "none";
    const file = join(folder, `longstop-${name}.yaml`);
    const lines = [
      `listen: { port: ${port} }`,
      "log: { level: warn }",
      `upstreams: { mock: { url: "${upstream}" } }`,
      "defaults: { openai: mock, anthropic: null }",
      `ledger: { kind: sqlite, file: ${JSON.stringify(join(folder, `ledger-${name}.db`))} }`,
      posts,
    ];
    await writeFile(file, `${lines.join("\n")}\n`);
    return [process.execPath, join(project, "longstop.mjs"), "start", file];
  };
}
