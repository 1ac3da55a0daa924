import { LongstopError } from "../exchange/error.ts";
import { isVirtualKey } from "../exchange/virtual-key.ts";

/** A secret of the operator's for one upstream or tool. */
export interface Credential {
  readonly secret: string;
  /** Null: where the protocol at hand expects it. */
  readonly header: string | null;
  /** Null: Bearer in Authorization, nothing elsewhere. */
  readonly scheme: string | null;
}

/** The headers in which SDKs send the key that they were given. */
const keyHeaders = ["authorization", "x-api-key", "x-goog-api-key", "api-key"] as const;
/** What else may stand for who is calling, and is not forwarded where the gateway's credential goes. */
const clientCredentials = new Set<string>([...keyHeaders, "cookie"]);
/** Where the API of Gemini takes a key in the query: https://ai.google.dev/api */
const keyParameter = "key";

/** Headers with every value apart, as in `IncomingMessage.headersDistinct`; names are lower case. */
type DistinctHeaders = Readonly<NodeJS.Dict<string[]>>;

/** A virtual key as a request brings it. */
export interface Presented {
  readonly key: string | null;
  /** True where it stands where the upstream's own credential would. */
  readonly inCredential: boolean;
}

/**
 * The virtual key of a request: from the path, from `Longstop-Key`, or from where an SDK puts its API
 * key. Throws `header_conflict` where two of them differ: one must be a mistake, and guessing which
 * would let one tenant's request run as another's.
 */
export function presentedKey(fromPath: string | null, headers: DistinctHeaders, query: string): Presented {
  const own = headers["longstop-key"] ?? [];
  const inFields = [
    ...keyHeaders
      .flatMap((name) => headers[name] ?? [])
      .map((value) => value.replace(/^bearer +/i, "").trim()),
    ...parameters(query).flatMap(({ name, value }) => (name === keyParameter ? value : [])),
  ].filter(isVirtualKey);
  const all = new Set([...(fromPath === null ? [] : [fromPath]), ...own, ...inFields]);
  if (all.size > 1) {
    throw new LongstopError(
      "header_conflict",
      "Two different virtual keys came with this request (in the path, in Longstop-Key or as an API key). " +
        "Send one.",
    );
  }
  const [key = null] = all;
  return { key, inCredential: inFields.length > 0 };
}

/** How a credential is written: the operator's word, else the protocol's, else as most services have it. */
export function writtenCredential(
  { secret, header, scheme }: Credential,
  vendor: { readonly header: string; readonly scheme: string } | undefined,
): readonly [string, string] {
  const name = header ?? vendor?.header ?? "authorization";
  const usual = name.toLowerCase() === "authorization" ? "Bearer" : "";
  const before = scheme ?? (header === null ? vendor?.scheme : undefined) ?? usual;
  return [name, before === "" ? secret : `${before} ${secret}`];
}

/**
 * The headers of a request as everything behind the door sees them: no header that holds the virtual
 * key, wherever that is, and the gateway's own credential in the place of the client's where it has one.
 */
export function headersBehindDoor(
  raw: readonly string[],
  key: string | null,
  credential: readonly [string, string] | null,
): string[] {
  const own = credential?.[0].toLowerCase();
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name, value] = [raw[i] as string, raw[i + 1] as string];
    if (key !== null && value.includes(key)) continue;
    const plain = name.toLowerCase();
    if (credential !== null && (clientCredentials.has(plain) || plain === own)) continue;
    kept.push(name, value);
  }
  if (credential !== null) kept.push(...credential);
  return kept;
}

/**
 * The query without parameters that hold the virtual key and, where `dropKey` says that the gateway's
 * own credential is sent, without the client's.
 */
export function queryBehindDoor(query: string, key: string | null, dropKey: boolean): string {
  if (query === "" || (key === null && !dropKey)) return query;
  const all = parameters(query);
  const kept = all.filter(
    ({ name, value }) => !(key !== null && value.includes(key)) && !(dropKey && name === keyParameter),
  );
  // What is not changed keeps its bytes, an empty parameter too.
  if (kept.length === all.length) return query;
  return kept.length === 0 ? "" : `?${kept.map(({ written }) => written).join("&")}`;
}

interface Parameter {
  readonly written: string;
  readonly name: string;
  readonly value: string;
}

function parameters(query: string): readonly Parameter[] {
  if (query.length < 2) return [];
  return query
    .slice(1)
    .split("&")
    .map((written) => {
      const equals = written.indexOf("=");
      const [name, value] =
        equals < 0 ? [written, ""] : [written.slice(0, equals), written.slice(equals + 1)];
      return { written, name: decoded(name), value: decoded(value) };
    });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    // Not percent-encoded UTF-8: it is what it is, and no key of ours.
    return text;
  }
}
