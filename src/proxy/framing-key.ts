import { createHmac } from "node:crypto";
import { LongstopError } from "../exchange/error.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { singleTenant } from "./caller.ts";

/** Bytes of a framing key: those of the hash that it keys. */
const keyBytes = 32;
const factKind = "framing-key";

/**
 * The secret that frames of a tenant are keyed with: the same on every replica and after every
 * restart, because frames in a history must keep their bytes. Made at first use and kept in the
 * ledger, or given by the operator.
 */
export class FramingKeys {
  readonly #ledger: Ledger;
  readonly #given: Uint8Array | null;
  readonly #makeKey: (bytes: number) => Uint8Array;
  readonly #keys = new Map<string, Promise<Uint8Array>>();

  /** `given`: the operator's key as hex, or null. Throws where it is too short to be one. */
  constructor(ledger: Ledger, given: string | null, makeKey: (bytes: number) => Uint8Array) {
    this.#ledger = ledger;
    this.#makeKey = makeKey;
    this.#given = given === null ? null : readKey(given);
  }

  key(tenant: string): Promise<Uint8Array> {
    if (this.#given !== null) return Promise.resolve(ofTenant(this.#given, tenant));
    let key = this.#keys.get(tenant);
    if (key === undefined) {
      key = this.#fromLedger(tenant);
      this.#keys.set(tenant, key);
      // A ledger that is down now may be up for the next exchange.
      key.catch(() => this.#keys.delete(tenant));
    }
    return key;
  }

  async #fromLedger(tenant: string): Promise<Uint8Array> {
    const known = await this.#oldest(tenant);
    if (known !== null) return known;
    const value = { id: 1, hex: Buffer.from(this.#makeKey(keyBytes)).toString("hex") };
    await this.#ledger.append([{ tenant, subject: "tenant", kind: factKind, value }]);
    // Another replica may have been first: the oldest fact is the key of all.
    const written = await this.#oldest(tenant);
    if (written === null) throw new LongstopError("ledger_down", "The framing key cannot be read back.");
    return written;
  }

  async #oldest(tenant: string): Promise<Uint8Array | null> {
    const [oldest] = await this.#ledger.facts(tenant, "tenant", factKind);
    return oldest === undefined ? null : readKey((oldest.value as { readonly hex: string }).hex);
  }
}

/**
 * A key for each tenant out of the operator's one: with a key in common, one tenant could have a model
 * tell it the frame that another tenant's text will have. The one tenant of `tenancy: single` has the
 * key itself, as ever.
 */
function ofTenant(given: Uint8Array, tenant: string): Uint8Array {
  return tenant === singleTenant ? given : createHmac("sha256", given).update(tenant).digest();
}

function readKey(hex: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})+$/i.test(hex) || hex.length < keyBytes * 2) {
    throw new RangeError(`a framing key is at least ${keyBytes} bytes in hex (LONGSTOP_FRAMING_KEY)`);
  }
  return Buffer.from(hex, "hex");
}
