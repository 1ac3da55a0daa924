import { nearest } from "../nearest.ts";
import { behind, byConcreteness, matchTemplate, type PathTemplate } from "./path-template.ts";
import type { Operation } from "./operation.ts";

/** An operation at the full path that it has at the upstream. */
interface Entry {
  readonly operation: Operation;
  readonly template: PathTemplate;
  /** As a caller writes it, without what the upstream's own URL has before it. */
  readonly shown: string;
}

export type Found =
  | {
      readonly kind: "operation";
      readonly operation: Operation;
      /** The path's parameters by name, decoded. */
      readonly values: ReadonlyMap<string, string>;
    }
  /** The path is known, and has other methods. */
  | { readonly kind: "method"; readonly path: string; readonly methods: readonly string[] }
  /** Another spelling of a known path, which the upstream may understand all the same. */
  | { readonly kind: "spelling"; readonly path: string }
  | { readonly kind: "unknown"; readonly closest: readonly string[] };

/** Operations by method and path. `upstreamPath` is the path of the upstream's own URL. */
export class OperationTable {
  readonly #entries = new Map<number, Entry[]>();
  readonly #upstreamPath: string;

  constructor(operations: readonly Operation[], upstreamPath: string, basePath?: string) {
    this.#upstreamPath = upstreamPath;
    for (const operation of operations) {
      const own = operation.basePaths.length === 0 ? [upstreamPath] : operation.basePaths;
      for (const base of basePath === undefined ? own : [basePath]) {
        const template = behind(base, operation.template);
        const before = base.startsWith(upstreamPath) ? base.slice(upstreamPath.length) : base;
        const entry = { operation, template, shown: `${before}${operation.template.written}` };
        const known = this.#entries.get(template.segments.length);
        if (known === undefined) this.#entries.set(template.segments.length, [entry]);
        else known.push(entry);
      }
    }
    // Sorting is stable: of two that are as concrete, the one that was written first counts.
    for (const entries of this.#entries.values()) {
      entries.sort((one, other) => byConcreteness(one.template, other.template));
    }
  }

  /** `path` is the path at the upstream, percent-encoded as it was sent. */
  find(method: string, path: string): Found {
    const segments = segmentsOf(path);
    const fitting = segments === undefined ? [] : this.#fitting(segments, matchTemplate);
    const exact = fitting.find(({ entry }) => entry.operation.method === method);
    const get = fitting.find(({ entry }) => method === "HEAD" && entry.operation.method === "GET");
    const found = exact ?? get;
    if (found !== undefined) {
      return { kind: "operation", operation: found.entry.operation, values: found.values };
    }
    const [first] = fitting;
    if (first !== undefined) {
      const methods = [...new Set(fitting.map(({ entry }) => entry.operation.method))];
      return { kind: "method", path: first.entry.shown, methods };
    }
    const [meant] = this.#fitting(plainly(path), matchLoosely);
    if (meant !== undefined) return { kind: "spelling", path: meant.entry.shown };
    return { kind: "unknown", closest: this.#closest(path) };
  }

  #fitting(
    segments: readonly string[],
    match: typeof matchTemplate,
  ): { readonly entry: Entry; readonly values: ReadonlyMap<string, string> }[] {
    return (this.#entries.get(segments.length) ?? []).flatMap((entry) => {
      const values = match(entry.template, segments);
      return values === null ? [] : [{ entry, values }];
    });
  }

  #closest(path: string): readonly string[] {
    const shown = [...this.#entries.values()].flat().map((entry) => entry.shown);
    return nearest(path.slice(this.#upstreamPath.length), [...new Set(shown)], 3);
  }
}

/** The decoded segments; undefined where one is not percent-encoded UTF-8. */
function segmentsOf(path: string): readonly string[] | undefined {
  try {
    return path.slice(1).split("/").map(decodeURIComponent);
  } catch {
    // What cannot be read fits no operation, which the caller says.
    return undefined;
  }
}

/**
 * The segments as a forgiving server may read them: no empty ones, no matrix parameters, encoded
 * slashes and twice encoded characters decoded, without regard to case.
 */
function plainly(path: string): readonly string[] {
  let at = path;
  for (let time = 0; time < 3; time += 1) {
    at = at.replaceAll(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
  const segments = at.split(/[/\\]/).map((segment) => (segment.split(";", 1)[0] ?? "").toLowerCase().trim());
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  return kept;
}

function matchLoosely(
  template: PathTemplate,
  segments: readonly string[],
): ReadonlyMap<string, string> | null {
  const lowered = template.segments.map((pieces) =>
    pieces.map((piece) => ("text" in piece ? { text: piece.text.toLowerCase() } : piece)),
  );
  return matchTemplate({ ...template, segments: lowered }, segments);
}
