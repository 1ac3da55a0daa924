import type { TextEdit } from "./json-edit.ts";

/** Edits inside one value, with places that count from the start of the value. */
interface Kept {
  readonly original: string;
  readonly edits: readonly TextEdit[];
}

/**
 * Edits that give a value the same content on every turn of a conversation, worked out on the first.
 * They are kept by the new content itself, which is the same list of texts on each turn.
 */
export class KeptEdits {
  readonly #kept = new WeakMap<readonly string[], Kept>();

  /**
   * The edits that give the value `original`, which stands at `start`, the content `texts`. `make` works
   * them out, with places that count from the start of the value.
   */
  at(
    start: number,
    original: string,
    texts: readonly string[],
    make: () => readonly TextEdit[],
  ): readonly TextEdit[] {
    let kept = this.#kept.get(texts);
    if (kept?.original !== original) {
      kept = { original, edits: make() };
      this.#kept.set(texts, kept);
    }
    return kept.edits.map((edit) => ({ start: start + edit.start, end: start + edit.end, text: edit.text }));
  }
}
