import { LRUCache } from "lru-cache";
import type { Message, Prompt } from "../exchange/prompt.ts";
import { chainNext, sha256Hex } from "../text/hash.ts";

/** A hash with what came before it, and the link that both make. */
interface Link {
  readonly before: string;
  readonly link: string;
}

/**
 * Links that are remembered one by one: those that many conversations begin with. They are found by the
 * hash alone, the latest link of each: two texts joined for a key would be a third one to make and hash.
 */
const linksMax = 20_000;
const starts = new LRUCache<string, Link>({ max: linksMax });
const links = new LRUCache<string, Link>({ max: linksMax });

/** Where the chain of a prompt begins: target, system and tools. */
export function chainStart({ headHash }: Prompt, target: string): string {
  const known = starts.get(headHash);
  if (known?.before === target) return known.link;
  const link = sha256Hex("longstop chain 1", target, headHash);
  starts.set(headHash, { before: target, link });
  return link;
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
  const task = taskOf(prompt);
  const own = task + 1;
  for (let index = 0; index < own; index++) {
    const { hash } = messages[index] as Message;
    // Tasks are many: to look for the link of one takes as long as to make it.
    chain.push((last = index === task ? chainNext(last, hash) : linkAfter(last, hash)));
  }
  if (own === messages.length) return chain;

  // What follows the task belongs to this conversation alone, so it is remembered as a whole.
  const conversation = last;
  const known = chains.get(conversation);
  let same = own;
  while (same < messages.length && known?.hashes[same] === messages[same]?.hash) {
    chain.push((last = known?.links[same] ?? ""));
    same++;
  }
  if (same < messages.length) {
    for (const { hash } of messages.slice(same)) chain.push((last = chainNext(last, hash)));
    chains.set(conversation, { hashes: messages.map(({ hash }) => hash), links: chain });
  }
  return chain;
}

function linkAfter(before: string, hash: string): string {
  const known = links.get(hash);
  if (known?.before === before) return known.link;
  const link = chainNext(before, hash);
  links.set(hash, { before, link });
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
