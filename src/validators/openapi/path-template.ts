/** A piece of a segment: text that must stand there, or the name of a parameter. */
type Piece = { readonly text: string } | { readonly parameter: string };

/** A templated path (`/orders/{id}`), by segments. */
export interface PathTemplate {
  readonly written: string;
  readonly segments: readonly (readonly Piece[])[];
  readonly parameters: readonly string[];
}

/** Reads a templated path, or says in a few words what was expected of it. */
export function readTemplate(written: string): PathTemplate | { readonly expected: string } {
  if (!written.startsWith("/")) return { expected: "a path that begins with /" };
  const segments: Piece[][] = [];
  const parameters: string[] = [];
  for (const segment of written.slice(1).split("/")) {
    const pieces: Piece[] = [];
    for (const part of segment.split(/(\{[^{}]*\})/).filter((one) => one !== "")) {
      const name = /^\{.*\}$/s.test(part) ? part.slice(1, -1) : undefined;
      if (name === undefined) {
        if (/[{}?#]/.test(part)) return { expected: "a path with each { closed by }, without ? and #" };
        pieces.push({ text: literal(part) });
        continue;
      }
      const before = pieces.at(-1);
      if (name === "") return { expected: "a name between { and }" };
      if (before !== undefined && "parameter" in before) {
        return { expected: "text between two parameters of one segment" };
      }
      if (parameters.includes(name)) return { expected: `the parameter ${name} once` };
      parameters.push(name);
      pieces.push({ parameter: name });
    }
    segments.push(pieces);
  }
  return { written, segments, parameters };
}

/** The template behind a path that has no parameters. */
export function behind(basePath: string, template: PathTemplate): PathTemplate {
  const base = basePath.split("/").slice(1);
  const before = base.map((segment): readonly Piece[] =>
    segment === "" ? [] : [{ text: literal(segment) }],
  );
  return { ...template, segments: [...before, ...template.segments] };
}

/** A path's own text may be percent-encoded, as the paths that it is held against are. */
function literal(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // No encoding at all: then it is meant as it stands.
    return text;
  }
}

/** What its parameters are for these decoded segments, or null where it does not fit them. */
export function matchTemplate(
  { segments }: PathTemplate,
  given: readonly string[],
): ReadonlyMap<string, string> | null {
  if (segments.length !== given.length) return null;
  const values = new Map<string, string>();
  const fits = segments.every((pieces, place) => matchSegment(pieces, given[place] ?? "", values));
  return fits ? values : null;
}

/** Without going back: what stands between two texts is as short as it can be, the last one aside. */
function matchSegment(pieces: readonly Piece[], given: string, values: Map<string, string>): boolean {
  let at = 0;
  for (const [place, piece] of pieces.entries()) {
    if ("text" in piece) {
      if (!given.startsWith(piece.text, at)) return false;
      at += piece.text.length;
      continue;
    }
    const next = pieces[place + 1];
    let end = given.length;
    if (next !== undefined && "text" in next) {
      const isLast = place + 2 === pieces.length;
      end = isLast ? given.length - next.text.length : given.indexOf(next.text, at + 1);
    }
    if (end <= at) return false;
    values.set(piece.parameter, given.slice(at, end));
    at = end;
  }
  return at === given.length;
}

/** Negative where the first is the more concrete: text goes before parameters, from left to right. */
export function byConcreteness(one: PathTemplate, other: PathTemplate): number {
  for (const [place, pieces] of one.segments.entries()) {
    const difference = openness(pieces) - openness(other.segments[place] ?? []);
    if (difference !== 0) return difference;
  }
  return 0;
}

function openness(pieces: readonly Piece[]): number {
  const parameters = pieces.filter((piece) => "parameter" in piece).length;
  if (parameters === 0) return 0;
  // Of two with text in them, the one with more of it says more.
  const text = pieces.reduce((sum, piece) => sum + ("text" in piece ? piece.text.length : 0), 0);
  return text === 0 ? 2 : 1 + 1 / (2 + text);
}

/** The template with its parameters nameless: two of one form match the very same paths. */
export function formOf({ segments }: PathTemplate): string {
  return segments
    .map((pieces) => pieces.map((piece) => ("text" in piece ? JSON.stringify(piece.text) : "{}")).join(""))
    .join("/");
}
