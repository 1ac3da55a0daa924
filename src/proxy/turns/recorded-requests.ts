import { LRUCache } from "lru-cache";
import type { Ledger } from "../../ledger/ledger.ts";
import type { TurnIdentity } from "../../protocols/turn-forms.ts";
import { sha256Hex } from "../../text/hash.ts";
import { storeByContent } from "../effects/recorded-answer.ts";
import { valueAsWritten, valueToWrite } from "../fact-value.ts";
import { type Making, pieceAddress } from "./turn-pieces.ts";

/** What a request for a turn says. */
export interface TurnContent {
  /** As it came. */
  readonly written: TurnIdentity;
  /** What of it counts; equal to the former where nothing makes no difference. */
  readonly meant: TurnIdentity;
  /** Its chain: the last link is its key. */
  readonly links: readonly string[];
}

/** What a recorded request said, as hashes of what counts. */
export interface RequestOutline {
  readonly parameters: readonly (readonly [name: string, hash: string])[];
  readonly messages: readonly string[];
}

/** A text of a request: its hash, as far as it counts, and itself, or where its bytes are. */
type WrittenText = readonly [hash: string, text: string | readonly string[]];

/** How a request is kept: as what it adds to the one that it goes on from. */
interface WrittenRequest {
  readonly after: (Omit<Making, "tenant"> & { readonly messages: number }) | null;
  readonly parameters: readonly (readonly [name: string, ...text: WrittenText])[];
  readonly messages: readonly WrittenText[];
}

/** A shorter text lies in the request itself: a blob of its own would be larger than what it saves. */
const ownBlobChars = 1024;

type Known = Omit<Making, "tenant">;

/** Turns that the next ones are kept as additions to. Of others, a request is kept whole. */
const turnsMax = 20_000;
/** So many requests one kept request may go on from: then the next one is kept whole. */
const depthMax = 500;

/**
 * What turns of explicit runs were asked with. Each text is stored once, by its content, so that what a
 * turn adds is what is new in it.
 */
export class RecordedRequests {
  readonly #ledger: Pick<Ledger, "put" | "get">;
  /** By the key of a turn. */
  readonly #known = new LRUCache<string, Known & { readonly depth: number }>({ max: turnsMax });

  constructor(ledger: Pick<Ledger, "put" | "get">) {
    this.#ledger = ledger;
  }

  /** Writes what a turn was asked with. Rejects where the ledger cannot be written. */
  async write(making: Making, { written, meant, links }: TurnContent): Promise<void> {
    const { tenant, id, epoch } = making;
    const before = this.#before(links);
    const at = before?.messages ?? 0;
    const texts = new Map(written.parameters);
    const keep = async (text: string, hashed: string): Promise<WrittenText> => [
      sha256Hex(hashed),
      text.length < ownBlobChars ? text : await storeByContent(this.#ledger, tenant, Buffer.from(text)),
    ];
    const parameters = before === null ? meant.parameters : [];
    const kept: WrittenRequest = {
      after: before === null ? null : { id: before.id, epoch: before.epoch, messages: at },
      parameters: await Promise.all(
        parameters.map(async ([name, text]) => [name, ...(await keep(texts.get(name) ?? "", text))] as const),
      ),
      messages: await Promise.all(
        written.messages.slice(at).map((text, index) => keep(text, meant.messages[at + index] ?? text)),
      ),
    };
    const placed = Buffer.from(JSON.stringify(await valueToWrite(this.#ledger, tenant, kept)));
    await this.#ledger.put(tenant, placed, requestAddress(making));
    this.#known.set(links.at(-1) as string, { id, epoch, depth: (before?.depth ?? 0) + 1 });
  }

  async #readRequest(making: Making): Promise<WrittenRequest | null> {
    const { tenant } = making;
    const bytes = await this.#ledger.get(tenant, requestAddress(making));
    if (bytes === null) return null;
    const written = JSON.parse(Buffer.from(bytes).toString("utf8")) as unknown;
    return ((await valueAsWritten(this.#ledger, tenant, written)) ?? null) as WrittenRequest | null;
  }

  /** What recorded turns were asked with; null where that is not, or no longer, kept. */
  async outlinesOf(makings: readonly Making[]): Promise<readonly (RequestOutline | null)[]> {
    const read = new Map<string, RequestOutline | null>();
    const outlines: (RequestOutline | null)[] = [];
    for (const making of makings) outlines.push(await this.#outlineOf(making, read, depthMax));
    return outlines;
  }

  async #outlineOf(
    making: Making,
    read: Map<string, RequestOutline | null>,
    depth: number,
  ): Promise<RequestOutline | null> {
    const address = requestAddress(making);
    const known = read.get(address);
    if (known !== undefined) return known;
    const kept = depth < 0 ? null : await this.#readRequest(making);
    const outline = kept === null ? null : await this.#joined(making.tenant, kept, read, depth);
    read.set(address, outline);
    return outline;
  }

  async #joined(
    tenant: string,
    { after, parameters, messages }: WrittenRequest,
    read: Map<string, RequestOutline | null>,
    depth: number,
  ): Promise<RequestOutline | null> {
    const own = messages.map(([hash]) => hash);
    if (after === null) return { parameters: parameters.map(([name, hash]) => [name, hash]), messages: own };
    const before = await this.#outlineOf({ ...after, tenant }, read, depth - 1);
    if (before === null) return null;
    const { messages: count } = after;
    return { parameters: before.parameters, messages: [...before.messages.slice(0, count), ...own] };
  }

  /** The recorded turn that a request goes on from, and how many of its messages that one had. */
  #before(links: readonly string[]): (Known & { depth: number; messages: number }) | null {
    for (let messages = links.length - 2; messages > 0; messages--) {
      const known = this.#known.get(links[messages] as string);
      if (known !== undefined) return known.depth >= depthMax ? null : { ...known, messages };
    }
    return null;
  }
}

/** What a request says, in the form of what is recorded of others. */
export function outlineOf({ parameters, messages }: TurnIdentity): RequestOutline {
  return {
    parameters: parameters.map(([name, text]) => [name, sha256Hex(text)]),
    messages: messages.map((text) => sha256Hex(text)),
  };
}

function requestAddress(making: Making): string {
  return pieceAddress(making, "request");
}
