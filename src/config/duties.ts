import { type Moment, momentNames } from "../exchange/moments.ts";
import type { Plane } from "../exchange/exchange.ts";
import type { Guard, Ports } from "../guards/guard.ts";
import type { PostConfig } from "./config.ts";

/** Where each moment exists: offers, prompts and replies are things of a model. */
export const planesOf: Readonly<Record<Moment, readonly Plane[]>> = {
  offer: ["llm"],
  call: ["llm", "tool", "mcp"],
  result: ["llm", "tool", "mcp"],
  prompt: ["llm"],
  reply: ["llm"],
};

/** One post, seen from a moment that it watches. */
export interface Duty {
  readonly post: PostConfig;
  /** Where it meets this moment: its own planes, as far as the moment exists there. */
  readonly planes: readonly Plane[];
}

/** Who watches what, in the order of judging. Posts that are off watch nothing. */
export type Duties = Readonly<Record<Moment, readonly Duty[]>>;

/** Groups the posts by the moments that their guards watch with the options they have. */
export async function dutiesOf(posts: readonly PostConfig[], guards: readonly Guard[]): Promise<Duties> {
  const duties: Record<Moment, Duty[]> = { offer: [], call: [], result: [], prompt: [], reply: [] };
  for (const post of posts) {
    const guard = guards.find(({ name }) => name === post.guard);
    if (guard === undefined || post.mode === "off") continue;
    for (const moment of await watchedMoments(guard, post.options)) {
      const planes = post.planes.filter(
        (plane) => planesOf[moment].includes(plane) && guard.planes?.includes(plane) !== false,
      );
      if (planes.length > 0) duties[moment].push({ post, planes });
    }
  }
  return duties;
}

/** Which moments a guard watches with these options. Only asks: nothing stays on duty. */
export async function watchedMoments(guard: Guard, options: unknown): Promise<readonly Moment[]> {
  const watcher = guard.watch(options, idlePorts);
  const watched = momentNames.filter((moment) => watcher.watches[moment] !== undefined);
  await watcher.close?.();
  return watched;
}

/** Ports for a watcher that never sees a subject. */
const idlePorts: Ports = {
  now: () => 0,
  framingKey: () => Promise.reject(new Error("A guard asked for its framing key before it was on duty.")),
  report: () => {},
};
