import { onPlane, type Posts, strongestHold } from "./posts.ts";
import type { EngineSettings, HoldSettings } from "./settings.ts";

/** What the posts want held: nothing, from the first call on, the end, or everything. */
export type Holding = "none" | "calls" | "end" | "all";

/** How long an answer may take that is put together in the end, seconds: as long as its upstream goes on. */
const wholeSecondsMax = 86_400;

/** What is held of a stream. `isRebuilt`: its client gets one document in the end. */
export function holdingOf(posts: Posts, isRebuilt: boolean): Holding {
  const enforced = onPlane(posts, "reply", "llm").filter(({ mode }) => mode === "enforce");
  const strongest = strongestHold(enforced);
  const judgesCalls = onPlane(posts, "call", "llm").some(({ mode }) => mode === "enforce");
  const holding = strongest === "none" && judgesCalls ? "calls" : strongest;
  // Who gets a document in the end is shown no text of a turn that was asked again.
  return holding !== "none" && isRebuilt ? "all" : holding;
}

/** What is put together in the end is bounded as a whole answer is, and nobody waits for a piece of it. */
export function holdBounds({ hold, limits }: EngineSettings, isRebuilt: boolean): HoldSettings {
  if (!isRebuilt) return hold;
  return { ...hold, heldBytesMax: limits.answerBytesMax, heldSecondsMax: wholeSecondsMax };
}
