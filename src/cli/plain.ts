/**
 * Control characters, and those that turn the direction of text (Unicode TR9) or break lines. Names of
 * runs come from clients: written as they are, they could move the cursor, hide text, or forge a line.
 */
const unprintable = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** The text with everything that a terminal would act on written as `\u001b`. */
export function plain(text: string): string {
  // Nearly everything is plain ASCII, and that is seen sooner.
  if (!/[^ -~]/.test(text)) return text;
  return text.replaceAll(unprintable, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** One column of a table: plain, and never longer than `charsMax`. */
export function cell(text: string, charsMax: number): string {
  const shown = plain(text);
  return shown.length > charsMax ? `${shown.slice(0, charsMax - 1)}…` : shown;
}
