import type { Message } from "./prompt.ts";

/** As much of a message as its place in a trim depends on. */
export type MessageOutline = Pick<Message, "role" | "hasCalls" | "hasResults" | "hasUserContent"> & {
  /** Index of the earliest message whose calls this one's results answer; undefined without any. */
  readonly answers: number | undefined;
};

export interface Grouping {
  /** For each message the number of its trimming unit, counted from 0 without gaps. */
  readonly groups: readonly number[];
  /** For each message: never dropped by a trim. */
  readonly pinned: readonly boolean[];
}

/**
 * Which messages only leave together, and which never leave. The same for every protocol.
 *
 * A message with calls, the messages with its results and whatever stands between them are one group:
 * providers refuse a call without its result, and a result without its call.
 *
 * Pinned are: system messages, the task (the first thing a user said), the latest thing a user said,
 * and the last group: the running tool loop, or the beginning of the answer that the model is to go on
 * with. What is pinned takes its whole group with it, but for system messages, which stand alone.
 */
export function groupMessages(outlines: readonly MessageOutline[]): Grouping {
  const groups = numbered(groupStarts(outlines), outlines.length);
  // Of none at all the group is undefined, which is no message's group.
  const task = groups[outlines.findIndex(isSpoken)];
  const latest = groups[outlines.findLastIndex(isSpoken)];
  const last = groups[outlines.findLastIndex((one) => one.role !== "system")];
  const isKept = (group: number | undefined): boolean => group === task || group === latest || group === last;
  return {
    groups,
    pinned: outlines.map((one, index) => one.role === "system" || isKept(groups[index])),
  };
}

function isSpoken({ hasUserContent }: MessageOutline): boolean {
  return hasUserContent;
}

/** The first message of each group, in order. */
function groupStarts(outlines: readonly MessageOutline[]): number[] {
  const starts: number[] = [];
  for (const [index, { answers }] of outlines.entries()) {
    if (answers === undefined) {
      starts.push(index);
      continue;
    }
    while ((starts.at(-1) ?? 0) > answers) starts.pop();
  }
  return starts;
}

function numbered(starts: readonly number[], count: number): number[] {
  const groups: number[] = [];
  let group = -1;
  for (let index = 0; index < count; index++) {
    if (starts[group + 1] === index) group++;
    groups.push(group);
  }
  return groups;
}
