import type { KeyedRequest, Slot } from "../../../../src/proxy/effects/injection/slot.ts";

/** A request with this body and media type. */
export function requestOf(
  body: string | Uint8Array,
  type = "application/json",
  more: Partial<KeyedRequest> = {},
): KeyedRequest {
  return {
    headers: ["Host", "api.example.com", "Content-Type", type],
    path: "/v1/charges",
    body: Buffer.from(body),
    ...more,
  };
}

/** The body with a key in its place, as text. */
export function bodyWith(slot: Slot, key: string): string {
  return textOf(opened(slot).with(key));
}

export function textOf({ body }: KeyedRequest): string {
  return Buffer.from(body).toString("utf8");
}

export function opened(slot: Slot): Extract<Slot, { kind: "open" }> {
  if (slot.kind !== "open") throw new Error(`closed: ${slot.why}`);
  return slot;
}
