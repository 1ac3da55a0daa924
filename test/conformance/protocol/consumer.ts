/** What the user of a client sees of an answer. */
export interface Seen {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly arguments: unknown }[];
  /** Output tokens, where the client tells them. */
  readonly outputTokens: number | undefined;
}

/** A real SDK or framework, pointed at a base URL. */
export interface Consumer {
  readonly name: string;
  readonly streams: boolean;
  /** True where its history leaves out an answer in which there was nothing. */
  readonly forgetsEmptyAnswers?: true;
  /** True where it takes an answer that the token limit cut for a failure. */
  readonly throwsAtTokenLimit?: true;
  /**
   * Asks once, offering the tool `get_weather`, with the client's own number of retries. Rejects as
   * the client does. With `replay` it then gives every call the result "done" and asks again, with the
   * history as this client writes it; what is seen is still the first answer.
   */
  ask(baseUrl: string, replay: boolean): Promise<Seen>;
}
