import type { Plane } from "../exchange/exchange.ts";
import type { Mode, OnError } from "../exchange/verdict.ts";
import type { Guard, Ports, Watcher } from "../guards/guard.ts";
import type { PostEntry } from "./posts.ts";

/** One entry of the configuration's `posts`. `options` holds every option of the guard. */
export interface PostSpec {
  readonly guard: string;
  readonly mode: Mode;
  readonly onError: OnError;
  readonly planes: readonly Plane[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** Posts that were put on duty together. */
export interface Shift {
  readonly entries: readonly PostEntry[];
  /** Ends the watchers that no other shift has. Call it once, when nothing asks them any more. */
  end(): Promise<void>;
}

interface Shared {
  readonly watcher: Watcher;
  shifts: number;
}

/**
 * Puts guards on duty. A guard with the same options stays the same watcher over a change of the
 * configuration, and keeps what it has in memory.
 */
export class Roster {
  readonly #guards: readonly Guard[];
  readonly #ports: Ports;
  readonly #shared = new Map<string, Shared>();

  constructor(guards: readonly Guard[], ports: Ports) {
    this.#guards = guards;
    this.#ports = ports;
  }

  /** The guard of this name, or undefined where this version has none. */
  guard(name: string): Guard | undefined {
    return this.#guards.find((guard) => guard.name === name);
  }

  /** Throws where a guard is not known, or cannot be made with its options; nothing is on duty then. */
  putOnDuty(specs: readonly PostSpec[]): Shift {
    const taken: string[] = [];
    try {
      const entries = specs.map((spec) => this.#entry(spec, taken));
      return { entries, end: () => this.#release(taken) };
    } catch (cause) {
      void this.#release(taken);
      throw cause;
    }
  }

  #entry(spec: PostSpec, taken: string[]): PostEntry {
    const guard = this.guard(spec.guard);
    if (guard === undefined) throw new RangeError(`no guard is called ${spec.guard}`);
    const optionsJson = JSON.stringify(spec.options);
    const alike = `${guard.name} ${optionsJson}`;
    // Two equal posts are two watchers: each has a memory of its own.
    const key = `${taken.filter((one) => one.endsWith(alike)).length} ${alike}`;
    const shared = this.#shared.get(key) ?? { watcher: guard.watch(spec.options, this.#ports), shifts: 0 };
    shared.shifts += 1;
    this.#shared.set(key, shared);
    taken.push(key);
    return {
      guard: guard.name,
      version: guard.version,
      mode: spec.mode,
      onError: spec.onError,
      planes: spec.planes.filter((plane) => guard.planes?.includes(plane) !== false),
      optionsJson,
      rewrites: guard.rewrites !== false,
      watcher: shared.watcher,
    };
  }

  /** Never rejects: one guard that cannot be ended must not keep those behind it, nor end the process. */
  async #release(taken: readonly string[]): Promise<void> {
    for (const key of taken) {
      const shared = this.#shared.get(key);
      if (shared === undefined) continue;
      shared.shifts -= 1;
      if (shared.shifts > 0) continue;
      this.#shared.delete(key);
      try {
        await shared.watcher.close?.();
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        this.#ports.report(`ending ${key}`, `The guard of ${key} could not be ended: ${why}`);
      }
    }
  }
}
