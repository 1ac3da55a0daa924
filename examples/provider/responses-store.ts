import { objects, type Json } from "./answer.ts";

/** A response as the provider keeps it. */
export interface KeptResponse {
  readonly id: string;
  /** Everything that the model was given: what was kept before, and the request's own items. */
  readonly input: readonly Json[];
  readonly output: readonly Json[];
  /** The answer as it was rendered. */
  readonly json: string;
  readonly frames: readonly string[];
  /** False with `store: false`: nothing of it can be named later. */
  readonly stored: boolean;
  /** Asked for in the background, and not fetched since. */
  pending: boolean;
}

/**
 * What the provider remembers between requests: stored responses, the conversations that grow by
 * themselves, and, of every item that it ever made, the response and the reasoning it belongs to.
 */
export class KeptResponses {
  readonly #responses = new Map<string, KeptResponse>();
  readonly #conversations = new Map<string, Json[]>();
  readonly #items = new Map<string, { response: KeptResponse; item: Json; reasoning: string | undefined }>();

  keep(response: KeptResponse, conversation: string | undefined, added: readonly Json[]): void {
    this.#responses.set(response.id, response);
    let reasoning: string | undefined;
    for (const item of response.output) {
      const id = String(item["id"]);
      if (item["type"] === "reasoning") reasoning = id;
      this.#items.set(id, {
        response,
        item,
        reasoning: item["type"] === "reasoning" ? undefined : reasoning,
      });
    }
    if (conversation === undefined) return;
    const items = this.#conversations.get(conversation) ?? [];
    this.#conversations.set(conversation, [...items, ...added, ...response.output]);
  }

  /** A response that can be named: by `previous_response_id`, or to be fetched. */
  stored(id: string): KeptResponse | undefined {
    const found = this.#responses.get(id);
    return found?.stored === true ? found : undefined;
  }

  conversation(id: string): readonly Json[] {
    return this.#conversations.get(id) ?? [];
  }

  /** The item behind a reference. */
  storedItem(id: string): Json | undefined {
    const found = this.#items.get(id);
    return found?.response.stored === true ? found.item : undefined;
  }

  /** The response that an item was made in, or undefined for one that the client wrote. */
  responseOf(item: Json): string | undefined {
    return this.#items.get(String(item["id"]))?.response.id;
  }

  /** The reasoning that the provider wants to see before this item. */
  reasoningBefore(item: Json): string | undefined {
    return this.#items.get(String(item["id"]))?.reasoning;
  }

  /** All that the model is given for a request: what is kept, and the items of the request itself. */
  givenTo(body: Json): readonly Json[] {
    const previous = this.stored(String(body["previous_response_id"]));
    const before = previous === undefined ? [] : [...previous.input, ...previous.output];
    return [...before, ...this.conversation(conversationOf(body) ?? ""), ...inputOf(body)];
  }
}

export function conversationOf(body: Json): string | undefined {
  const { conversation } = body;
  if (typeof conversation === "string") return conversation;
  const id = (conversation as Json | null | undefined)?.["id"];
  return typeof id === "string" ? id : undefined;
}

export function inputOf(body: Json): Json[] {
  const { input } = body;
  return typeof input === "string" ? [{ role: "user", content: input }] : objects(input);
}
