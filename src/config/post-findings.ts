import type { Guard } from "../guards/guard.ts";
import type { PostConfig } from "./config.ts";
import { planesOf, watchedMoments } from "./duties.ts";
import { show } from "./fault.ts";
import { type Path, valueAt } from "./path.ts";
import type { Tree } from "./relations.ts";
import { toPost } from "./settle.ts";
import type { Finding } from "./schema-faults.ts";

/** What the guards themselves have to say about their options, and posts that would never act. */
export async function postFindings(tree: Tree, guards: readonly Guard[]): Promise<readonly Finding[]> {
  const posts = valueAt(tree.root, ["posts"]);
  if (!Array.isArray(posts)) return [];
  const findings: Finding[] = [];
  for (const [index, written] of posts.entries()) {
    const path = ["posts", index];
    const guard = guards.find(({ name }) => name === valueAt(written, ["guard"]));
    if (guard === undefined || !tree.isSound(path)) continue;
    findings.push(...(await findingsOf(path, toPost(written as Readonly<Record<string, unknown>>), guard)));
  }
  return findings;
}

async function findingsOf(path: Path, post: PostConfig, guard: Guard): Promise<readonly Finding[]> {
  const sentences = guard.check?.(post.options) ?? [];
  if (sentences.length > 0) {
    return sentences.map((sentence) => ({ path, part: "value", expected: sentence, found: "" }));
  }
  const moments = await watchedMoments(guard, post.options);
  const reachable = new Set(moments.flatMap((moment) => planesOf[moment]));
  if (moments.length === 0 || post.planes.some((plane) => reachable.has(plane))) return [];
  const expected = `one of ${[...reachable].join(", ")}: ${guard.name} watches ${moments.join(" and ")} only`;
  return [{ path: [...path, "planes"], part: "value", expected, found: show(post.planes) }];
}
