import type { ProtocolName } from "../../../examples/provider/answer.ts";

/** A call with its arguments read, as a program gets it. */
export interface PlainCall {
  readonly name: string;
  readonly arguments: unknown;
}

/** One answer of the model as a client shows it. */
export interface Turn {
  readonly text: string;
  readonly calls: readonly PlainCall[];
  /** In the protocol's own word. */
  readonly finish: string | undefined;
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  /** The client's own object. */
  readonly whole: unknown;
}

/** A conversation that is held by a client: it sends its own objects back, and runs the calls. */
export interface Chat {
  readonly turns: readonly Turn[];
  /** Calls that were executed, in order. */
  readonly ran: readonly PlainCall[];
  /** Pieces of calls that reached the client, also those of answers that never became whole. */
  readonly pieces: readonly unknown[];
  /** Goes on until the model wants no tool any more; resolves with its last text. */
  ask(question: string): Promise<string>;
}

export interface ChatSettings {
  /** Where the API is, without `/v1`. */
  readonly url: string;
  readonly model?: string;
  /** Left out, the client's own default. */
  readonly retriesMax?: number;
  readonly run: (call: PlainCall) => string;
  readonly fetch?: typeof fetch;
}

/** A way in which people talk to a model. */
export interface Client {
  readonly name: string;
  readonly protocol: ProtocolName;
  readonly streams: boolean;
  /** Requests that it sends in vain before the first of every question, such as one for a thread. */
  readonly vainRequests?: number;
  /**
   * It counts the tokens of Anthropic's opening event: its input alone, its output on top of that of the
   * closing event. The opening event belongs to the first of several turns behind one answer.
   */
  readonly opening?: { readonly outputTokens: number };
  /** It asks again after every 5xx, whatever `x-should-retry` says. */
  readonly ignoresShouldRetry?: boolean;
  /** It throws where the token limit cut an answer. */
  readonly throwsAtTokenLimit?: boolean;
  open(settings: ChatSettings): Chat;
  /** Where a program finds the stable code of an error of ours. */
  codeOf(thrown: Thrown): unknown;
}

/** An error as a client throws it: some have what others lack. */
export interface Thrown extends Error {
  readonly status?: number;
  readonly code?: unknown;
  readonly errorCode?: unknown;
  readonly headers?: Headers;
  readonly error?: { readonly error?: { readonly details?: { readonly error_code?: unknown } } };
}

/** What every conversation is given. */
export const system = "You answer questions about the weather.";

export const offers = [
  {
    name: "get_weather",
    description: "The weather in a city.",
    schema: {
      type: "object" as const,
      properties: {
        city: { type: "string" as const },
        unit: { type: "string" as const, enum: ["celsius", "fahrenheit"] },
      },
      required: ["city"],
    },
  },
  {
    name: "get_time",
    description: "The time in a city.",
    schema: {
      type: "object" as const,
      properties: { city: { type: "string" as const } },
      required: ["city"],
    },
  },
];

export const models: Readonly<Record<ProtocolName, string>> = {
  "openai-chat": "gpt-5.4-mini",
  "anthropic-messages": "claude-sonnet-5-5",
};
