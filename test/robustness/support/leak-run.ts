import { setTimeout as sleep } from "node:timers/promises";
import { abortRequests, answerStage } from "./aborting-load.ts";
import { startGatewayProcess } from "./gateway-process.ts";
import type { Held, Plant } from "./process-probe.ts";
import { eventStream, startRawUpstream, type RawUpstream } from "./raw-upstream.ts";
import { speakers } from "./speakers.ts";
import { ask } from "./wire-client.ts";

/**
 * What a gateway may hold more than before. Handles and files must be back to the very number. Caches and
 * the code that V8 compiles on the way grow for a while, whatever the number of requests; beside that, a
 * request may leave less than what any object that stands for it would take.
 */
export const heapBytesMax = (requests: number): number => 2 * 1024 * 1024 + 200 * requests;
/**
 * The process keeps pages that it has once had, and goes up and down between two levels about 100 MiB apart
 * with when V8 collects. So this only finds what grows without end outside of the heap.
 */
export const rssBytesMax = (requests: number): number => 128 * 1024 * 1024 + 1024 * requests;

export interface LeakRun {
  readonly requests: number;
  readonly seconds: number;
  readonly base: Held;
  readonly after: Held;
  /** One sentence for each thing that did not come back. */
  readonly faults: readonly string[];
}

export interface LeakRunOptions {
  readonly requests: number;
  /** Requests before the first measurement: they fill caches and make V8 compile. */
  readonly warmUp: number;
  /** What the gateway is made to leave behind with each request. */
  readonly plants?: readonly Plant[];
  /** How long timers and connections may take to end by themselves, ms. */
  readonly settleMs?: number;
}

/** Starts a gateway, lets clients vanish, and compares what it holds before and after. */
export async function leakRun({
  requests,
  warmUp,
  plants = [],
  settleMs = 15_000,
}: LeakRunOptions): Promise<LeakRun> {
  const upstream = await startRawUpstream(answerStage, { keeps: false, idleSeconds: 2 });
  const url = { url: upstream.url };
  const gateway = await startGatewayProcess({
    upstreams: { openai: url, anthropic: url, gemini: url },
    tools: { pay: url },
  });
  try {
    await abortRequests(gateway.port, warmUp);
    const base = await settled(() => gateway.measure(), null, settleMs);
    for (const plant of plants) await gateway.plant(plant);
    const startedMs = performance.now();
    await abortRequests(gateway.port, requests);
    const seconds = (performance.now() - startedMs) / 1000;
    const after = await settled(() => gateway.measure(), base, settleMs);
    const faults = [...grown(base, after, requests), ...(await servingFaults(gateway.port, upstream))];
    return { requests, seconds, base, after, faults };
  } finally {
    await gateway.stop();
    await upstream.close();
  }
}

/** Measures until no connection is left open, or until all is back to `base`, or time is up. */
async function settled(measure: () => Promise<Held>, base: Held | null, settleMs: number): Promise<Held> {
  const untilMs = performance.now() + settleMs;
  // Connections that wait for their next request are closed by then.
  const calmMs = performance.now() + 2500;
  let before = await measure();
  for (;;) {
    await sleep(250);
    const now = await measure();
    const isBack =
      base === null
        ? total(now) === total(before) && performance.now() > calmMs
        : handleFaults(base, now).length === 0;
    if (isBack || performance.now() > untilMs) return now;
    before = now;
  }
}

function total({ resources, files }: Held): number {
  return [...Object.values(resources), ...Object.values(files)].reduce((sum, count) => sum + count, 0);
}

function handleFaults(base: Held, after: Held): string[] {
  return (["resources", "files"] as const).flatMap((sort) =>
    Object.entries(after[sort]).flatMap(([kind, count]) => {
      const more = count - (base[sort][kind] ?? 0);
      return more > 0 ? [`${more} more ${sort} of the kind ${kind}`] : [];
    }),
  );
}

/** One sentence for each thing of which there is more than there may be. */
export function grown(base: Held, after: Held, requests: number): string[] {
  const faults = handleFaults(base, after);
  const heap = after.heapBytes - base.heapBytes;
  const rss = after.rssBytes - base.rssBytes;
  if (heap > heapBytesMax(requests)) faults.push(`the heap grew by ${heap} bytes`);
  if (rss > rssBytesMax(requests)) faults.push(`the process grew by ${rss} bytes`);
  return faults;
}

/** Every protocol must still be served, with its call. */
async function servingFaults(port: number, upstream: RawUpstream): Promise<string[]> {
  const faults: string[] = [];
  for (const { name, path, headers, body, frames } of speakers) {
    upstream.serve = ({ outgoing }) =>
      void outgoing.writeHead(200, { "content-type": eventStream }).end(frames.join(""));
    const got = await ask(port, { path, headers, body: body("Weather in Paris?") });
    if (got.text !== frames.join("")) faults.push(`${name} is no longer served: ${got.status} ${got.text}`);
  }
  return faults;
}
