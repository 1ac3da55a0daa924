/** Headers in the order and spelling in which they came; names may repeat. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** From Node's and undici's flat form: name, value, name, value. */
export function headerList(flat: readonly string[]): HeaderList {
  const list: (readonly [string, string])[] = [];
  for (let index = 0; index + 1 < flat.length; index += 2)
    list.push([flat[index] ?? "", flat[index + 1] ?? ""]);
  return list;
}

export function flatHeaders(list: HeaderList): string[] {
  return list.flat();
}

/** All values of a header as one list (RFC 9110, 5.3), or undefined where it is absent. */
export function headerValue(list: HeaderList, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const values = list.filter(([one]) => one.toLowerCase() === wanted).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(", ");
}

export function withoutHeaders(list: HeaderList, names: Iterable<string>): HeaderList {
  const unwanted = new Set(Array.from(names, (name) => name.toLowerCase()));
  return list.filter(([name]) => !unwanted.has(name.toLowerCase()));
}

// RFC 9110, 7.6.1, and the two of 11.7 that end at the next hop. `Trailer` announces trailers, which
// a message that is framed anew does not have.
const hopByHop = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** What is meant for the next hop only leaves: the known names, and those that `Connection` lists. */
export function withoutHopByHop(list: HeaderList): HeaderList {
  const named = (headerValue(list, "connection") ?? "").split(",").map((name) => name.trim());
  return withoutHeaders(list, [...hopByHop, ...named]);
}

/** The length of a body is given in a way that two readers could understand differently. */
export class ContentLengthError extends Error {
  constructor(value: string) {
    super(`The content-length ${JSON.stringify(value.slice(0, 80))} is not one length in bytes.`);
    this.name = "ContentLengthError";
  }
}

/**
 * The length that `Content-Length` announces, in bytes; undefined where it is absent. Equal values
 * may repeat (RFC 9110, 8.6). Anything else but digits is an error, never a guess: readers that
 * disagree about a length are how requests are smuggled (RFC 9112, 11.2).
 */
export function contentLength(list: HeaderList): number | undefined {
  const value = headerValue(list, "content-length");
  if (value === undefined) return undefined;
  const distinct = new Set(value.split(",").map((one) => one.trim()));
  const [only] = distinct;
  if (distinct.size !== 1 || only === undefined || !/^\d+$/.test(only)) throw new ContentLengthError(value);
  const length = Number(only);
  if (!Number.isSafeInteger(length)) throw new ContentLengthError(value);
  return length;
}
