// Loaded into the process of a gateway before the gateway itself (`node --import`): tells whoever started
// it, over the channel between them, what the process holds. `plant` makes it leak, to prove that a leak
// is seen.
import diagnostics from "node:diagnostics_channel";
import { readdirSync, readlinkSync } from "node:fs";

/** What a process holds once everything that may go is gone. */
export interface Held {
  /** How many of each kind keep the event loop alive: sockets, timers, requests. */
  readonly resources: Readonly<Record<string, number>>;
  /** Open files by what they are: a path, `socket`, `anon_inode`. Sockets that nobody waits for are here only. */
  readonly files: Readonly<Record<string, number>>;
  /** Bytes in objects and in buffers outside the heap. */
  readonly heapBytes: number;
  readonly rssBytes: number;
}

/** What each request can be made to leave behind. */
export type Plant = "memory" | "timer" | "socket";
export type ProbeRequest = "measure" | Plant;

const collect = (globalThis as { gc?: () => void }).gc ?? ((): void => {});

function tally(kinds: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function targetOf(descriptor: string): string[] {
  try {
    return [readlinkSync(`/proc/self/fd/${descriptor}`).replace(/:.*/, "")];
  } catch {
    // The one that the folder itself was read with.
    return [];
  }
}

function held(): Held {
  // Finalizers of the first run free what the second one finds.
  collect();
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return {
    resources: tally(process.getActiveResourcesInfo()),
    files: tally(readdirSync("/proc/self/fd").flatMap(targetOf)),
    heapBytes: heapUsed + external,
    rssBytes: rss,
  };
}

const planted: unknown[] = [];
const leaks: Readonly<Record<Plant, (socket: unknown) => void>> = {
  memory: () => void planted.push(Array.from({ length: 4096 }, () => planted.length)),
  timer: () => void planted.push(setInterval(() => {}, 60_000)),
  // A connection that its client closed and that nobody closes here.
  socket: (socket) => void ((socket as { destroy: unknown }).destroy = () => socket),
};

process.on("message", (request: ProbeRequest) => {
  if (request === "measure") {
    // What was just closed is still counted until the event loop has turned.
    setTimeout(() => process.send?.(held()), 50);
    return;
  }
  diagnostics.subscribe("http.server.request.start", (started) =>
    leaks[request]((started as { socket: unknown }).socket),
  );
  process.send?.("planted");
});
// The channel alone does not keep a gateway alive that was told to stop.
process.channel?.unref();
