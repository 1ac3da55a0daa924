import { LRUCache } from "lru-cache";
import type { Plane } from "../exchange/exchange.ts";
import type { ResultSubject } from "../exchange/moments.ts";
import type { Judgement } from "./judge.ts";
import type { Post } from "./posts.ts";

/** Characters of kept texts, all together. */
const keptCharactersMax = 32 * 1024 * 1024;
/** Verdicts on one content: of other tenants, tools and versions of the options. */
const verdictsPerContentMax = 8;

/** Whom verdicts are for and what made them: equal scopes may share them. */
export type Scope = string;

interface Kept {
  readonly scope: Scope;
  readonly toolName: string | undefined;
  readonly isError: boolean;
  readonly judgement: Judgement<"result">;
}

/**
 * Verdicts on results of the history. An agent sends its whole history again on every turn; what
 * depends on a part alone is decided once for each part, tenant and version of the options.
 *
 * A content is known by the very list of its texts: protocols read equal messages once and give the
 * same list again, so that no text is hashed. A list that was read anew is judged anew.
 */
export class KeptVerdicts {
  readonly #kept = new LRUCache<readonly string[], readonly Kept[]>({
    maxSize: keptCharactersMax,
    sizeCalculation: (verdicts) => verdicts.reduce((sum, { judgement }) => sum + sizeOf(judgement), 0),
  });
  readonly #versions = new WeakMap<readonly Post<"result">[], string | null>();

  /** The scope of a tenant's verdicts by these posts, or null where one of them forbids keeping any. */
  scope(tenant: string, plane: Plane, posts: readonly Post<"result">[]): Scope | null {
    let versions = this.#versions.get(posts);
    if (versions === undefined) this.#versions.set(posts, (versions = versionsOf(posts)));
    return versions === null ? null : `${tenant.length} ${tenant} ${plane} ${versions}`;
  }

  get(scope: Scope, { original, toolName, isError }: ResultSubject): Judgement<"result"> | undefined {
    for (const kept of this.#kept.get(original) ?? []) {
      if (kept.scope === scope && kept.toolName === toolName && kept.isError === isError)
        return kept.judgement;
    }
    return undefined;
  }

  /**
   * Nothing that a guard failed on is kept: a failure that passes would let this result pass
   * unjudged for ever, and the guard may work the next time. Neither is a block, which is rare.
   */
  set(scope: Scope, { original, toolName, isError }: ResultSubject, judgement: Judgement<"result">): void {
    if (judgement.kind !== "pass" || judgement.failed) return;
    const others = (this.#kept.get(original) ?? []).slice(0, verdictsPerContentMax - 1);
    this.#kept.set(original, [{ scope, toolName, isError, judgement }, ...others]);
  }
}

function versionsOf(posts: readonly Post<"result">[]): string | null {
  const versions: string[] = [];
  for (const { mode, keepVerdictsAs } of posts) {
    if (keepVerdictsAs === null) return null;
    versions.push(`${mode} ${keepVerdictsAs}`);
  }
  return versions.join("\n");
}

function sizeOf({ subject }: Judgement<"result">): number {
  const { texts, original } = subject;
  return [...texts, ...original].reduce((sum, text) => sum + text.length, 256);
}
