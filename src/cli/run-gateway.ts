import path from "node:path";
import { secretFiles } from "../config/changes.ts";
import type { Config } from "../config/config.ts";
import { dutiesOf } from "../config/duties.ts";
import type { Sockets } from "../config/schema.ts";
import type { Secrets } from "../config/secrets.ts";
import { documentFiles } from "../config/tool-arguments.ts";
import type { Log } from "../exchange/log.ts";
import { startBanner } from "./banner.ts";
import { pollFiles } from "./file-poll.ts";
import { onHangup } from "./hangup.ts";
import { openLineWriter, type LineWriter } from "./line-writer.ts";
import { createLog, logOf } from "./log.ts";
import type { Start } from "./program.ts";
import { Reloading } from "./reloading.ts";

/** A gateway, as far as the process around it goes. */
export interface RunningGateway {
  readonly port: number;
  /** Where the operator's port is open, or null. */
  readonly adminUrl: string | null;
  reconfigure(config: Config, secrets: Secrets): Promise<void>;
  stop(): Promise<{ readonly left: number }>;
}

export interface GatewayParts {
  readonly version: string;
  readonly sockets: Sockets;
  readonly start: (config: Config, secrets: Secrets, log: Log) => Promise<RunningGateway>;
}

/** How often the files of a watched configuration are looked at, ms. */
const pollEveryMs = 500;

/**
 * Runs the gateway until SIGTERM or SIGINT, then lets what runs come to its end. SIGHUP, and a change of
 * a watched file, reads the configuration again.
 */
export async function runGateway({ loaded, reload, watch }: Start, parts: GatewayParts): Promise<void> {
  const lines = openLineWriter(2);
  let current = processLog(loaded.config, lines.write);
  const log = logOf(() => current);
  const gateway = await parts.start(loaded.config, loaded.secrets, log);
  const reloading = new Reloading(loaded, {
    load: reload,
    async apply(config, secrets) {
      await gateway.reconfigure(config, secrets);
      current = processLog(config, lines.write);
    },
    log,
  });
  const hungUp = onHangup(() => void reloading.reload("SIGHUP"));
  const changed = (): void => void reloading.reload("changed file");
  const stopPolling =
    watch === null ? null : pollFiles(() => filesOf(watch, reloading.config), pollEveryMs, changed);
  // Last, because whoever reads it may send a signal.
  process.stdout.write(await bannerOf({ loaded, reload, watch }, parts, gateway));

  const signal = await Promise.race([endSignal(), hungUp]);
  stopPolling?.();
  log.info("draining", { signal, drainSeconds: reloading.config.drainSeconds });
  // Whoever asks a second time does not want to wait.
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => process.exit(1));
  const { left } = await gateway.stop();
  log.info("stopped", { left });
  await lines.flush(1000);
}

/** Every file that the configuration is read from. */
function filesOf(file: string, config: Config): readonly string[] {
  const folder = path.dirname(file);
  const { services } = config.effects;
  const table = services === null ? [] : [path.resolve(folder, services)];
  return [file, ...table, ...secretFiles(config), ...documentFiles(config.tools, folder)];
}

function endSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => resolve(name));
  });
}

async function bannerOf(
  { loaded: { config, secrets, file }, watch }: Start,
  { version, sockets }: GatewayParts,
  { port, adminUrl }: RunningGateway,
): Promise<string> {
  const duties = await dutiesOf(config.posts, sockets.guards);
  const address = { host: config.listen.host, port };
  const { proxies } = secrets;
  return startBanner({ version, address, adminUrl, config, proxies, duties, file, watch, nowMs: Date.now() });
}

function processLog({ log: { level, format } }: Config, write: LineWriter["write"]): Log {
  const shape = format === "auto" ? (process.stderr.isTTY ? "pretty" : "json") : format;
  return createLog({ level, format: shape, write, now: Date.now });
}
