import { LRUCache } from "lru-cache";
import type { Prompt } from "../exchange/prompt.ts";
import { chainNext, sha256Hex } from "../text/hash.ts";

/** Links that are remembered one by one: those that many conversations begin with. */
const linksMax = 20_000;
const starts = new LRUCache<string, string>({ max: linksMax });
const links = new LRUCache<string, string>({ max: linksMax });

/** Where the chain of a prompt begins: target, system and tools. */
export function chainStart(prompt: Prompt, target: string): string {
  const key = `${prompt.headHash} ${target}`;
  const known = starts.get(key);
  if (known !== undefined) return known;
  const start = sha256Hex("longstop chain 1", target, prompt.headHash);
  starts.set(key, start);
  return start;
}

/** A chain from its task on, with the hashes of the messages that it was made of. */
interface Chain {
  readonly hashes: readonly string[];
  readonly links: readonly string[];
}

/** Links of whole chains that are remembered, all together: about 25 MB. */
const chainLinksMax = 250_000;
const chains = new LRUCache<string, Chain>({
  maxSize: chainLinksMax,
  sizeCalculation: (chain) => chain.links.length + 1,
});

/**
 * The chain of a prompt: `chain[i]` identifies everything up to and including message i. Equal
 * chains mean equal conversations so far, however a client serialises them. Only the links of
 * messages that are new in a conversation are worked out.
 */
export function chainOf(prompt: Prompt, target: string): readonly string[] {
  const { messages } = prompt;
  const chain: string[] = [];
  let last = chainStart(prompt, target);
  const own = taskOf(prompt) + 1;
  for (const { hash } of messages.slice(0, own)) chain.push((last = linkAfter(last, hash)));
  if (own === messages.length) return chain;

  // What follows the task belongs to this conversation alone, so it is remembered as a whole.
  const conversation = last;
  const known = chains.get(conversation);
  let same = own;
  while (same < messages.length && known?.hashes[same] === messages[same]?.hash) {
    chain.push((last = known?.links[same] ?? ""));
    same++;
  }
  for (const { hash } of messages.slice(same)) chain.push((last = chainNext(last, hash)));
  if (same < messages.length) {
    chains.set(conversation, { hashes: messages.map(({ hash }) => hash), links: chain });
  }
  return chain;
}

function linkAfter(previous: string, hash: string): string {
  const key = `${previous} ${hash}`;
  const known = links.get(key);
  if (known !== undefined) return known;
  const link = chainNext(previous, hash);
  links.set(key, link);
  return link;
}

/**
 * Which conversation a prompt belongs to: its chain up to the task (the first user message), so
 * that every later request of the same conversation has the same id, without any help of the
 * client. Where there is no task yet, the whole chain.
 */
export function conversationId(prompt: Prompt, target: string, chain: readonly string[]): string {
  return chain[taskOf(prompt)] ?? chainStart(prompt, target);
}

/** Index of the task, or of the last message where there is none. */
function taskOf({ messages }: Prompt): number {
  const task = messages.findIndex((message) => message.role === "user" && message.hasUserContent);
  return task === -1 ? messages.length - 1 : task;
}
