import type { Plane } from "../exchange/exchange.ts";
import type { Moment } from "../exchange/moments.ts";
import type { Mode, OnError } from "../exchange/verdict.ts";
import type { Hold, Watch, Watcher } from "../guards/guard.ts";

/** A guard on duty for one moment. */
export interface Post<M extends Moment> {
  readonly guard: string;
  readonly mode: Exclude<Mode, "off">;
  readonly onError: OnError;
  readonly planes: readonly Plane[];
  readonly watch: Watch<M>;
  readonly hold: Hold;
  /** Identifies guard, version and options: what a kept verdict is valid for. Null: keep none. */
  readonly keepVerdictsAs: string | null;
  /** True where it is asked about what a run has used. */
  readonly countsRuns?: boolean;
}

/** All posts, grouped by moment, in the order of the configuration. Never changed once made. */
export type Posts = { readonly [M in Moment]: readonly Post<M>[] };

/** One entry of the configuration's `posts`, with its guard made. */
export interface PostEntry {
  readonly guard: string;
  readonly version: number;
  readonly mode: Mode;
  readonly onError: OnError;
  readonly planes: readonly Plane[];
  /** The options as JSON: part of what identifies a kept verdict. */
  readonly optionsJson: string;
  /** True where it may change a prompt: a conversation keeps such a post as it was when it began. */
  readonly rewrites: boolean;
  readonly watcher: Watcher;
}

/** Groups the posts by the moments that they watch. A moment nobody watches has an empty list. */
export function groupPosts(entries: readonly PostEntry[]): Posts {
  return {
    offer: postsOf("offer", entries),
    call: postsOf("call", entries),
    result: postsOf("result", entries),
    prompt: postsOf("prompt", entries),
    reply: postsOf("reply", entries),
  };
}

function postsOf<M extends Moment>(moment: M, entries: readonly PostEntry[]): readonly Post<M>[] {
  const posts: Post<M>[] = [];
  for (const entry of entries) {
    const watch = entry.watcher.watches[moment];
    if (watch === undefined || entry.mode === "off") continue;
    posts.push({
      guard: entry.guard,
      mode: entry.mode,
      onError: entry.onError,
      planes: entry.planes,
      watch,
      hold: entry.watcher.hold ?? "none",
      keepVerdictsAs:
        entry.watcher.dependsOn === "part" ? `${entry.guard} ${entry.version} ${entry.optionsJson}` : null,
      ...(entry.watcher.countsRuns === true && { countsRuns: true }),
    });
  }
  return posts;
}

/** The posts of one moment that are on duty on one plane. */
export function onPlane<M extends Moment>(
  posts: Pick<Posts, M>,
  moment: M,
  plane: Plane,
): readonly Post<M>[] {
  const all: readonly Post<M>[] = posts[moment];
  return all.every((post) => post.planes.includes(plane))
    ? all
    : all.filter((post) => post.planes.includes(plane));
}

/** True where a post on prompts needs to know what runs use. */
export function countsRuns(posts: Posts): boolean {
  return onPlane(posts, "prompt", "llm").some((post) => post.countsRuns === true);
}

/** The strongest hold that the posts on replies ask for. */
export function strongestHold(posts: readonly Post<"reply">[]): Hold {
  if (posts.some((post) => post.hold === "all")) return "all";
  return posts.some((post) => post.hold === "end") ? "end" : "none";
}

/** True where a post watches what goes to tools, or comes from them. */
export function watchesTools(posts: Posts): boolean {
  return onPlane(posts, "call", "tool").length + onPlane(posts, "result", "tool").length > 0;
}
