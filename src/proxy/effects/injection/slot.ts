/** What of a request can carry a key. */
export interface KeyedRequest {
  /** Names and values in turn, as they stand on the wire. */
  readonly headers: readonly string[];
  /** Path and query. */
  readonly path: string;
  readonly body: Uint8Array;
}

/** The place for a key in one request. */
export type Slot =
  | {
      readonly kind: "open";
      /** The key that the client put there, or null. */
      readonly key: string | null;
      /** The request with this key there, everything else byte for byte; the same object where it stands. */
      with(key: string): KeyedRequest;
      /** The request without the client's key: what tells its operation from another. */
      without(): KeyedRequest;
    }
  /** No key can be put there, so the call goes as it came and counts as not keyed. */
  | { readonly kind: "closed"; readonly why: string };

export function closed(why: string): Slot {
  return { kind: "closed", why };
}

/** What becomes of a request whose body or query is edited. */
export interface SlotEdits {
  /** With another key than the one that stands there. */
  readonly put: (key: string) => KeyedRequest;
  /** Without the one that stands there. */
  readonly take: () => KeyedRequest;
}

/** An open slot whose own key is left as it stands where it is given again. */
export function open(request: KeyedRequest, key: string | null, { put, take }: SlotEdits): Slot {
  return {
    kind: "open",
    key,
    with: (given) => (given === key ? request : put(given)),
    without: () => (key === null ? request : take()),
  };
}

/** The media type of a body, in lower case and without parameters; empty where none is given. */
export function mediaType(request: KeyedRequest): string {
  return (contentType(request) ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** The charset that a body is said to be in, in lower case, or null. */
export function charsetOf(request: KeyedRequest): string | null {
  const [, charset] = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType(request) ?? "") ?? [];
  return charset?.toLowerCase() ?? null;
}

function contentType({ headers }: KeyedRequest): string | undefined {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() === "content-type") return headers[i + 1];
  }
  return undefined;
}
