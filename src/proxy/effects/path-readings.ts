/** One way in which a service may read a request's path. */
export interface PathReading {
  /** What stands between the slashes. A path of nothing but a slash has none. */
  readonly segments: readonly string[];
  /** True where upper and lower case are one, as for the routers that compare paths so. */
  readonly caseless: boolean;
}

/** What a path must have for its readings to differ in more than case. */
const ambiguous = /[%;\\]|\/\/|.\/$/;

/**
 * Every way in which a service may read a path: escapes decoded once or twice or only where nothing
 * hangs on it, path parameters (`;a=1`) cut off or not, empty segments dropped or not, in either
 * case. What holds for a call must not hang on a spelling that the service takes for another.
 * `path` is without its query.
 */
export function pathReadings(path: string): readonly PathReading[] {
  const readings = new Map<string, readonly string[]>();
  for (const reading of ambiguous.test(path) ? decodings(path) : [path]) {
    for (const bare of new Set([reading, reading.replaceAll(/;[^/]*/g, "")])) {
      const segments = bare.slice(1).split("/");
      for (const one of [segments, segments.filter((segment) => segment !== "")]) {
        const resolved = withoutDots(one);
        readings.set(resolved.join("/"), resolved);
      }
    }
  }
  return [...readings.values()].flatMap((segments) => [
    { segments, caseless: false },
    { segments: segments.map((segment) => segment.toLowerCase()), caseless: true },
  ]);
}

function decodings(path: string): ReadonlySet<string> {
  const once = decoded(path).replaceAll("\\", "/");
  return new Set([
    path.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) =>
      run
        .split(/(%(?:[01].|25|2f|3b|5c|7f))/i)
        .map(read)
        .join(""),
    ),
    once,
    decoded(once).replaceAll("\\", "/"),
  ]);
}

/** A piece of escapes; those that would divide, end or escape stay, in one spelling. */
function read(piece: string): string {
  return /^%(?:[01].|25|2f|3b|5c|7f)$/i.test(piece) ? piece.toUpperCase() : decoded(piece);
}

function decoded(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      // No UTF-8: as bytes, as older servers take it.
      return Buffer.from(run.replaceAll("%", ""), "hex").toString("latin1");
    }
  });
}

/** Dot segments resolved (RFC 3986, 5.2.4), which can stand here only once something was decoded. */
function withoutDots(segments: readonly string[]): readonly string[] {
  const resolved: string[] = [];
  for (const segment of segments) {
    if (segment === "..") resolved.pop();
    else if (segment !== ".") resolved.push(segment);
  }
  return resolved.length === 1 && resolved[0] === "" ? [] : resolved;
}
