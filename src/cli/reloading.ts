import { changesOf } from "../config/changes.ts";
import type { Config } from "../config/config.ts";
import type { ConfigFault } from "../config/fault.ts";
import type { Loaded } from "../config/load.ts";
import type { Secrets } from "../config/secrets.ts";
import type { Log } from "../exchange/log.ts";
import { redactText } from "./redact.ts";

/** A configuration without faults, with the secrets that it points at. */
export type LoadedConfig = Extract<Loaded, { kind: "config" }>;

export interface ReloadPorts {
  /** Reads the file again, as at the start: with the same options of the command line. */
  readonly load: () => Promise<Loaded>;
  /** Gives new exchanges the configuration, or rejects and changes nothing. */
  readonly apply: (config: Config, secrets: Secrets) => Promise<void>;
  readonly log: Log;
}

/**
 * Reads the configuration again while the gateway runs. All of it holds, or nothing: with a fault
 * anywhere, or where it needs a restart, the one in force stays, and the log says everything.
 */
export class Reloading {
  readonly #ports: ReloadPorts;
  #current: LoadedConfig;
  #running: Promise<void> | null = null;
  #again: string | null = null;

  constructor(current: LoadedConfig, ports: ReloadPorts) {
    this.#current = current;
    this.#ports = ports;
  }

  get config(): Config {
    return this.#current.config;
  }

  /** Never rejects. One that is asked for while another runs comes after it, once. */
  reload(cause: string): Promise<void> {
    if (this.#running !== null) {
      this.#again = cause;
      return this.#running;
    }
    this.#running = this.#untilCurrent(cause);
    return this.#running;
  }

  async #untilCurrent(first: string): Promise<void> {
    let cause: string | null = first;
    while (cause !== null) {
      this.#again = null;
      try {
        await this.#once(cause);
      } catch (error) {
        this.#ports.log.error("configuration not reloaded", { reason: cause, kept, cause: error });
      }
      cause = this.#again;
    }
    this.#running = null;
  }

  async #once(reason: string): Promise<void> {
    const loaded = await this.#ports.load();
    const { file } = loaded;
    if (loaded.kind === "faults") {
      const faults = loaded.faults.map(faultLine);
      this.#ports.log.error("configuration refused", { reason, file, faults, kept });
      return;
    }
    const { changed, needRestart } = changesOf(this.#current, loaded);
    if (needRestart.length > 0) {
      const sentence = `Only a restart can change ${needRestart.join(", ")}, so nothing was applied.`;
      this.#ports.log.error("configuration refused", { reason, file, needRestart, sentence, kept });
      return;
    }
    if (changed.length === 0) {
      // Whoever asked wants an answer; a file that was only touched is no news.
      this.#ports.log[reason === "SIGHUP" ? "info" : "debug"]("configuration unchanged", { reason, file });
      return;
    }
    await this.#ports.apply(loaded.config, loaded.secrets);
    this.#current = loaded;
    this.#ports.log.info("configuration applied", { reason, file, changed });
  }
}

const kept = "the configuration in force stays";

function faultLine({ origin, line, column, path, expected, found, hint }: ConfigFault): string {
  const place = line === 0 ? origin : `${origin}:${line}:${column}`;
  const at = path === "" ? place : `${place} ${path}`;
  const shown = found === "" ? "" : `, found ${found}`;
  return redactText(`${at}: expected ${expected}${shown}${hint === undefined ? "" : `. ${hint}`}`);
}
