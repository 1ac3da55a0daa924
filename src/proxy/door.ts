import type { IncomingMessage } from "node:http";
import { LongstopError } from "../exchange/error.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { singleTenant } from "./caller.ts";
import { headersBehindDoor, presentedKey, queryBehindDoor, writtenCredential } from "./credentials.ts";
import type { Access, Address, Route } from "./routes.ts";
import type { Tenancy } from "./tenancy.ts";

/** Someone who was let in. */
export interface Admitted {
  readonly tenant: string;
  readonly access: Access;
  /** The virtual key that it came with, and whether that stood in an SDK's key field. */
  readonly key: string | null;
  readonly inCredential: boolean;
  /** Called once, when the exchange has ended. */
  readonly leave: () => void;
}

const everyone: Admitted = {
  tenant: singleTenant,
  access: { upstreams: null, tools: null },
  key: null,
  inCredential: false,
  leave: () => {},
};

/** Who comes in. Throws 401 without a good key, 429 over a limit, and 400 where two keys differ. */
export function admit(tenancy: Tenancy | null, address: Address, incoming: IncomingMessage): Admitted {
  if (tenancy === null) {
    if (address.key === null) return everyone;
    throw new LongstopError(
      "route_unknown",
      "Virtual keys (/k/…) need `tenancy: keys`, which is not on here. Leave /k/<key> out of the base URL.",
    );
  }
  const { key, inCredential } = presentedKey(address.key, incoming.headersDistinct, address.query);
  const tenant = tenancy.tenantOf(key);
  return { tenant: tenant.name, access: tenant, key, inCredential, leave: tenancy.enter(tenant) };
}

/**
 * Takes what let the caller in out of the request, and puts the gateway's own credential there where its
 * target has one. What comes later sees no other request, so no step of it can forget to. `speaker`
 * finds the protocol that a path speaks.
 */
export function behindDoor(
  route: Route,
  incoming: IncomingMessage,
  { key, inCredential }: Admitted,
  speaker: (path: string) => Protocol,
): Route {
  const { credential, name } = route.target;
  if (key === null && credential === undefined) return route;
  const isModel = route.plane === "llm";
  if (credential === undefined && inCredential && isModel) {
    throw new LongstopError(
      "key_misplaced",
      `The upstream ${name} has no apiKey of its own here, so a virtual key in the place of the vendor's ` +
        `leaves it without one. Send the virtual key as Longstop-Key, or as /k/<key>/ in the base URL.`,
    );
  }
  const written =
    credential === undefined
      ? null
      : writtenCredential(credential, isModel ? speaker(route.path).credential : undefined);
  incoming.rawHeaders = headersBehindDoor(incoming.rawHeaders, key, written);
  return { ...route, query: queryBehindDoor(route.query, key, isModel && written !== null) };
}
