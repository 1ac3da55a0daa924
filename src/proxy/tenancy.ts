import { createHash } from "node:crypto";
import { LongstopError } from "../exchange/error.ts";
import { RateWindow } from "./rate-window.ts";

/** A virtual key, known by its hash alone. */
export interface VirtualKey {
  readonly tenant: string;
  /** SHA-256 of the key, hex. */
  readonly hash: string;
  /** Wall clock, ms since the epoch; null: never. */
  readonly expiresMs: number | null;
  readonly disabled: boolean;
}

/** What a tenant may use. */
export interface Tenant {
  readonly name: string;
  /** Names of upstreams and of tools; null: all. */
  readonly upstreams: ReadonlySet<string> | null;
  readonly tools: ReadonlySet<string> | null;
  /** 0: no limit. */
  readonly requestsPerMinuteMax: number;
  readonly concurrentMax: number;
}

/** How much a tenant has used: outlives the configuration, so that a reload frees nobody. */
interface Use {
  running: number;
  window: RateWindow | null;
}

/** The use of all tenants, by name. */
export class TenantUse {
  readonly #uses = new Map<string, Use>();

  of({ name, requestsPerMinuteMax: max }: Tenant): Use {
    let use = this.#uses.get(name);
    if (use === undefined) {
      use = { running: 0, window: null };
      this.#uses.set(name, use);
    }
    if (max === 0) use.window = null;
    else if (use.window?.max !== max) use.window = use.window?.resized(max) ?? new RateWindow(max);
    return use;
  }
}

export interface TenancyClocks {
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
  /** Never goes backwards, ms. */
  readonly monotonic: () => number;
}

const askForAnother = "Whoever runs this gateway gives out others (longstop key).";

/**
 * Who may come in with which key, of `tenancy: keys`.
 *
 * Keys are random, of 128 bits and more, so SHA-256 alone keeps them: what makes the hash of a
 * password slow is that people choose it among few. And they are looked up by hash, so the time of a
 * comparison says something about hashes only, from which nobody comes back to a key.
 */
export class Tenancy {
  readonly #keys: ReadonlyMap<string, VirtualKey>;
  readonly #tenants: ReadonlyMap<string, Tenant>;
  readonly #use: TenantUse;
  readonly #clocks: TenancyClocks;

  constructor(
    keys: readonly VirtualKey[],
    tenants: readonly Tenant[],
    use: TenantUse,
    clocks: TenancyClocks,
  ) {
    this.#keys = new Map(keys.map((key) => [key.hash, key]));
    this.#tenants = new Map(tenants.map((tenant) => [tenant.name, tenant]));
    this.#use = use;
    this.#clocks = clocks;
  }

  /** Whose key it is. Throws 401 in a sentence that says what is wrong with it, and never shows it. */
  tenantOf(presented: string | null): Tenant {
    if (presented === null) {
      throw new LongstopError(
        "key_missing",
        "This gateway asks for a virtual key: send it as Longstop-Key, in the API key field of the SDK, or " +
          "as /k/<key>/ at the beginning of the base URL's path.",
      );
    }
    const key = this.#keys.get(createHash("sha256").update(presented).digest("hex"));
    const tenant = key === undefined ? undefined : this.#tenants.get(key.tenant);
    if (key === undefined || tenant === undefined)
      throw new LongstopError("key_unknown", `This virtual key is not known here. ${askForAnother}`);
    if (key.disabled)
      throw new LongstopError("key_disabled", `This virtual key is disabled. ${askForAnother}`);
    if (key.expiresMs !== null && key.expiresMs <= this.#clocks.now()) {
      const since = new Date(key.expiresMs).toISOString();
      throw new LongstopError("key_expired", `This virtual key expired at ${since}. ${askForAnother}`);
    }
    return tenant;
  }

  /**
   * Lets one exchange of a tenant in, and gives what to call when it has ended. Throws 429 where it is
   * one too many; nothing was sent then, so the client may come again.
   */
  enter(tenant: Tenant): () => void {
    const use = this.#use.of(tenant);
    const { name, concurrentMax, requestsPerMinuteMax } = tenant;
    if (concurrentMax > 0 && use.running >= concurrentMax) {
      throw new LongstopError(
        "concurrent_too_many",
        `The tenant ${name} has ${concurrentMax} exchanges running, which is its limit ` +
          `(keys.${name}.concurrentMax). Nothing was sent.`,
        { retryAfterSeconds: 1 },
      );
    }
    const waitMs = use.window?.enter(this.#clocks.monotonic()) ?? 0;
    if (waitMs > 0) {
      throw new LongstopError(
        "requests_too_many",
        `The tenant ${name} has sent ${requestsPerMinuteMax} requests within a minute, which is its limit ` +
          `(keys.${name}.requestsPerMinuteMax). Nothing was sent.`,
        { retryAfterSeconds: Math.ceil(waitMs / 1000) },
      );
    }
    use.running += 1;
    return () => {
      use.running -= 1;
    };
  }
}

/** What is said of a tenant; what it may use is left out where that is all. */
type Said = Omit<Tenant, "name" | "upstreams" | "tools"> & {
  readonly upstreams?: readonly string[];
  readonly tools?: readonly string[];
};

/** The tenants of a configuration, by their names there. */
export function tenantsOf(said: Readonly<Record<string, Said>>): readonly Tenant[] {
  return Object.entries(said).map(([name, { upstreams, tools, requestsPerMinuteMax, concurrentMax }]) => ({
    name,
    upstreams: upstreams === undefined ? null : new Set(upstreams),
    tools: tools === undefined ? null : new Set(tools),
    requestsPerMinuteMax,
    concurrentMax,
  }));
}
