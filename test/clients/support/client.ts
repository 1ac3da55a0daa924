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
  /** What the client gives as its credential: it tells the tests apart at the provider. */
  readonly apiKey: string;
  readonly model?: string;
  /** Left out, the client's own default. */
  readonly retriesMax?: number;
  readonly run: (call: PlainCall) => string;
  /** Given by the stage where `tap` is; clients that cannot be given a fetch call `tap` themselves. */
  readonly fetch?: typeof fetch;
  /** Sees the headers of each answer, and its body as it comes. */
  readonly tap?: (headers: Headers, text: string) => void;
}

/** Clients that are alike in what they do when something goes wrong; `families` says what that is. */
export type FamilyName =
  | "openai"
  | "anthropic"
  | "langchain-openai"
  | "langchain-anthropic"
  | "ai-sdk-openai"
  | "ai-sdk-anthropic"
  | "ai-sdk-google"
  | "agents"
  | "genai"
  | "fetch"
  | "curl";

/** A way in which people talk to a model. */
export interface Client {
  readonly name: string;
  readonly family: FamilyName;
  readonly protocol: ProtocolName;
  readonly streams: boolean;
  /** Requests that it sends in vain before the first of every question, such as one for a thread. */
  readonly vainRequests?: number;
  /**
   * It counts the tokens of Anthropic's opening event: its input alone, its output on top of that of the
   * closing event. The opening event belongs to the first of several turns behind one answer.
   */
  readonly opening?: { readonly outputTokens: number };
  /** It throws where the token limit cut an answer. */
  readonly throwsAtTokenLimit?: boolean;
  /**
   * It names what the model said by the provider's ids, text too, where the provider keeps it. The text of a
   * corrected turn is then not known again, so these tests have none.
   */
  readonly refersToItems?: boolean;
  /** Each request is a process of its own, which takes too long for a long conversation. */
  readonly isProcess?: boolean;
  /** It does not show its user why an answer ended. */
  readonly hidesFinish?: boolean;
  open(settings: ChatSettings): Chat;
}

/** An error as a client throws it: some have what others lack. */
export interface Thrown extends Error {
  readonly status?: number;
  readonly statusCode?: number;
  readonly code?: unknown;
  readonly errorCode?: unknown;
  readonly headers?: Headers;
  readonly responseHeaders?: Readonly<Record<string, string>>;
  readonly data?: unknown;
  readonly error?: unknown;
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
