/**
 * What a ledger no longer knows, because it is not the one that it was:
 * - `older`: an earlier state of it was put back
 * - `other`: another ledger, or a new one, stands in its place
 * - `unwitnessed`: it came without what tells how far it had come
 * - `copied`: it was copied to another place, and what came after the copy may be missing
 */
export interface Loss {
  readonly why: "older" | "other" | "unwitnessed" | "copied";
  /** When it last recorded, as far as it still knows; ms since the epoch. Null: never, or not known. */
  readonly fromMs: number | null;
  /** Up to when it is known to have recorded, or could have. */
  readonly toMs: number;
}

/** The loss as sentences: what happened, and what is to be done. `ledger` says which one it is. */
export function lossSentence(ledger: string, { why, fromMs, toMs }: Loss): string {
  const from = fromMs === null ? "nothing is recorded" : `its last entry is of ${timeOf(fromMs)}`;
  const to = timeOf(toMs);
  const sentences = {
    older: `is older than it was: ${from}, and it had entries up to ${to}; those in between are gone.`,
    other: `is not the one that was here before, which had entries up to ${to}; those are not known to it.`,
    unwitnessed: `came without the file that tells how far it had come: ${from}; later ones may be gone.`,
    copied: `is a copy, such as a restored dump: ${from}; later ones may be gone.`,
  };
  return (
    `${ledger} ${sentences[why]} What it does not know may have been executed, so nothing relies on it ` +
    "until an operator runs longstop ledger confirm."
  );
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
