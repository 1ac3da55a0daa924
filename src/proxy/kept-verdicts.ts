import { LRUCache } from "lru-cache";
import { sha256Hex } from "../text/hash.ts";
import type { ResultSubject } from "../exchange/moments.ts";
import type { Judgement } from "./judge.ts";
import type { Post } from "./posts.ts";

/** Characters of kept texts, all together. */
const keptCharactersMax = 32 * 1024 * 1024;

/**
 * Verdicts on results of the history. An agent sends its whole history again on every turn; what
 * depends on a part alone is decided once for each part, tenant and version of the options.
 */
export class KeptVerdicts {
  readonly #kept = new LRUCache<string, Judgement<"result">>({
    maxSize: keptCharactersMax,
    sizeCalculation: (judgement) => 256 + judgement.subject.texts.reduce((sum, text) => sum + text.length, 0),
  });

  /** The key to keep a verdict of these posts under, or null where one of them forbids it. */
  key(tenant: string, posts: readonly Post<"result">[], subject: ResultSubject): string | null {
    const versions: string[] = [];
    for (const post of posts) {
      if (post.keepVerdictsAs === null) return null;
      versions.push(`${post.mode} ${post.keepVerdictsAs}`);
    }
    return sha256Hex(
      tenant,
      subject.plane,
      versions.join("\n"),
      subject.toolName ?? "",
      String(subject.isError),
      ...subject.original,
    );
  }

  get(key: string): Judgement<"result"> | undefined {
    return this.#kept.get(key);
  }

  /**
   * Nothing that a guard failed on is kept: a failure that passes would let this result pass
   * unjudged for ever, and the guard may work the next time. Neither is a block, which is rare.
   */
  set(key: string, judgement: Judgement<"result">): void {
    if (judgement.kind === "pass" && !judgement.failed) this.#kept.set(key, judgement);
  }
}
