import { LRUCache } from "lru-cache";
import type { TurnIdentity } from "../../protocols/turn-forms.ts";
import { sha256Hex } from "../../text/hash.ts";
import { stepsOf } from "../../wire/json-pointer.ts";
import { withoutField } from "../effects/json-fields.ts";

/** What makes no difference between two requests for a turn. */
export interface KeyRules {
  /** Patterns whose matches in the JSON of a message or another member count as equal. */
  readonly patterns: readonly { readonly replaceAll: (text: string, by: string) => string }[];
  /** JSON Pointers to what does not count at all, in members of the body but the message list. */
  readonly pointers: readonly string[];
}

/** A longer text is taken as it is: a pattern takes a second for five megabytes, and the event loop waits. */
export const patternCharsMax = 32 * 1024;
/** Characters after which others have their turn. */
const sliceChars = 16 * 1024;
/** Texts of conversations whose next turn need not look for patterns again. */
const textsMax = 20_000;

export type Normaliser = (identity: TurnIdentity) => Promise<TurnIdentity>;

/**
 * Puts in the place of each text what stands for it in a turn's key: texts that differ only in what makes no
 * difference have the same. A text is looked at once; `turn` gives other work its turn.
 */
export function normaliserOf({ patterns, pointers }: KeyRules, turn: () => Promise<void>): Normaliser {
  const known = new LRUCache<string, string>({ max: textsMax });
  let sinceTurn = 0;

  async function meaningOf(text: string): Promise<string> {
    const hash = sha256Hex(text);
    const meaning = known.get(hash);
    if (meaning !== undefined) return meaning;
    if (patterns.length === 0 || text.length > patternCharsMax) return hash;
    let left = text;
    for (const [at, pattern] of patterns.entries()) {
      sinceTurn += left.length;
      if (sinceTurn > sliceChars) {
        sinceTurn = 0;
        await turn();
      }
      // No JSON has this character but escaped, so that no text looks as if something stood there.
      left = pattern.replaceAll(left, `\u0000${at}\u0000`);
    }
    const made = sha256Hex(left);
    known.set(hash, made);
    return made;
  }

  return async ({ path, parameters, messages }) => {
    const meant: (readonly [string, string])[] = [];
    for (const [name, text] of parameters) {
      const left = pointers.reduce<string | null>((now, pointer) => withoutPointer(name, now, pointer), text);
      if (left !== null) meant.push([name, await meaningOf(left)]);
    }
    const said: string[] = [];
    for (const message of messages) said.push(await meaningOf(message));
    return { path, parameters: meant, messages: said };
  };
}

/** A member's JSON without what a pointer into the body names; null where that is the whole member. */
function withoutPointer(name: string, text: string | null, pointer: string): string | null {
  if (text === null || stepsOf(pointer)[0] !== name) return text;
  const rest = pointer.indexOf("/", 1);
  return rest === -1 ? null : withoutField(text, pointer.slice(rest));
}
