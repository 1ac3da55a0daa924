/**
 * True where a name is what a pattern says. `*` stands for anything, nothing included; every other
 * character for itself, in its own case. Takes time with the lengths of both, whatever they hold.
 */
export function matchesName(pattern: string, name: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

/** A list of names and patterns, ready to be asked often: plain names are looked up, not compared. */
export function nameList(patterns: readonly string[]): (name: string) => boolean {
  const plain = new Set(patterns.filter((pattern) => !pattern.includes("*")));
  const others = patterns.filter((pattern) => pattern.includes("*"));
  return (name) => plain.has(name) || others.some((pattern) => matchesName(pattern, name));
}
