import type { Effect } from "./effect-log.ts";

/** What a tool server in another process has done so far. */
export async function readEffects(url: string): Promise<readonly Effect[]> {
  const answer = await fetch(`${url}/-/effects`);
  const { effects } = (await answer.json()) as { effects: readonly Effect[] };
  return effects;
}
