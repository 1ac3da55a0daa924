import type { FamilyName, PlainCall, Thrown } from "./client.ts";
import type { ErrorCode } from "../../../src/exchange/error.ts";
import type { FaultName } from "./faults.ts";
import { paris, tokyo } from "./weather.ts";

/** Clients that are alike in what they do when something goes wrong. */
export interface Family {
  /** As the documentation names it. */
  readonly name: string;
  /**
   * The class of what it throws, by the answer's status. `event`: an error inside a stream; `other`: all
   * that is not named.
   */
  readonly throws: Readonly<Record<number, string>> & {
    readonly event: string;
    readonly other: string;
  };
  /** Where a program finds the status and the stable code of an error of ours, as documented and as read. */
  readonly statusAt: string;
  readonly codeAt: string;
  /**
   * It makes up a status for errors inside a stream: by our code, or for those of the provider. And where
   * the code is then, if it is anywhere.
   */
  readonly inStream?: {
    readonly statuses: Readonly<Partial<Record<ErrorCode, number>>> & { readonly others: readonly number[] };
    readonly codeAt: string | null;
  };
  /** Where it sends its request again by itself. */
  readonly asksAgainAfter: readonly FaultName[];
  /** It has no errors of its own; the classes are those of the loop that the tests have for it. */
  readonly isBare?: true;
  /** What it does otherwise than all others. */
  readonly differs?: readonly Difference[];
}

/** Something that one family does by itself, with the gateway or without. */
export interface Difference {
  readonly fault: FaultName;
  readonly streams: readonly boolean[];
  /** Left out, all of the family do so. */
  readonly client?: string;
  readonly seen: Seen;
  readonly sent: number;
  readonly ran: readonly PlainCall[];
  /** For the documentation. */
  readonly because: string;
}

/** What a user sees of a question: the answer, or what a program can tell an error by. */
export type Seen =
  | { readonly text: string }
  | {
      readonly throws: string;
      readonly status?: unknown;
      readonly code?: unknown;
      readonly message?: unknown;
    };

/** What the SDKs of OpenAI and Anthropic ask again after, and with them all that stands on them. */
const askedAgainBySdks: readonly FaultName[] = [
  "a 429 with retry-after",
  "a 429 without retry-after",
  "a 500 of the provider",
  "a 529 of the provider",
  "a page of HTML with 502",
  "a connection that is dropped before it is answered",
  "an upstream that cannot be reached",
];

/** Clients that ask again after every 5xx, whatever `x-should-retry` says. */
const askedAgainAfterAny5xx: readonly FaultName[] = [
  "a 500 of the provider",
  "a 529 of the provider",
  "a page of HTML with 502",
  "a page of HTML with 200",
  "a connection that breaks inside a call",
  "a connection that breaks inside a call, behind text",
  "a stream that ends inside a call",
  "a stream that ends inside a call, behind text",
  "a connection that breaks inside text",
  "an answer that breaks off before its first word",
  "a connection that is dropped before it is answered",
  "an upstream that cannot be reached",
];

const openaiClasses = {
  400: "BadRequestError",
  401: "AuthenticationError",
  403: "PermissionDeniedError",
  429: "RateLimitError",
  other: "InternalServerError",
  event: "APIError",
};

const gaveUp: Difference = {
  fault: "an upstream that cannot be reached",
  streams: [false, true],
  seen: { throws: "RetryError" },
  sent: 2,
  ran: [],
  because: "throws `RetryError` once it has given up asking again; the last error is in `lastError`",
};

const aiSdk: Omit<Family, "name" | "codeAt"> = {
  throws: { other: "APICallError", event: "StreamProviderError" },
  statusAt: "statusCode",
  asksAgainAfter: ["a 429 with retry-after", "a 429 without retry-after", ...askedAgainAfterAny5xx],
  differs: [gaveUp],
};

/** What its streams say of a status is what it makes of the error's type. */
const aiSdkStatuses = { call_refused: 400, upstream_cut: 500, others: [500, 529] };

const plain: Omit<Family, "name"> = {
  isBare: true,
  throws: { other: "HttpError", event: "StreamError" },
  statusAt: "status",
  codeAt: "code",
  asksAgainAfter: [],
};

export const families: Readonly<Record<FamilyName, Family>> = {
  openai: {
    name: "openai",
    throws: openaiClasses,
    statusAt: "status",
    codeAt: "code",
    asksAgainAfter: askedAgainBySdks,
    differs: [
      {
        fault: "two calls with one id",
        client: "openai responses.stream()",
        streams: [true],
        seen: { throws: "OpenAIError" },
        sent: 1,
        ran: [],
        because: "runs neither of two calls with one id, and throws `OpenAIError`",
      },
    ],
  },
  anthropic: {
    name: "@anthropic-ai/sdk",
    throws: { ...openaiClasses, 503: "ServiceUnavailableError" },
    statusAt: "status",
    codeAt: "errorCode",
    asksAgainAfter: askedAgainBySdks,
  },
  "langchain-openai": {
    name: "LangChain on openai",
    throws: openaiClasses,
    statusAt: "status",
    codeAt: "code",
    asksAgainAfter: ["a 429 with retry-after", ...askedAgainAfterAny5xx],
  },
  // It brings an older SDK of Anthropic's, which has no `errorCode` yet.
  "langchain-anthropic": {
    name: "LangChain on Anthropic",
    throws: openaiClasses,
    statusAt: "status",
    codeAt: "error.error.details.error_code",
    asksAgainAfter: ["a 429 with retry-after", ...askedAgainAfterAny5xx],
  },
  "ai-sdk-openai": {
    name: "AI SDK on OpenAI",
    ...aiSdk,
    codeAt: "data.error.code",
    inStream: { statuses: { ...aiSdkStatuses, call_refused_by_policy: 400 }, codeAt: "code" },
    differs: [
      gaveUp,
      {
        fault: "two calls with one id",
        client: "streamText on openai.chat()",
        streams: [true],
        seen: { text: "Fine." },
        sent: 2,
        ran: [paris, tokyo],
        because: "gives the second of two streamed calls with one id an id of its own",
      },
    ],
  },
  // What it reads of Anthropic's errors leaves the details out.
  "ai-sdk-anthropic": {
    name: "AI SDK on Anthropic",
    ...aiSdk,
    codeAt: "responseBody: error.details.error_code",
    inStream: { statuses: { ...aiSdkStatuses, call_refused_by_policy: 403 }, codeAt: null },
  },
  "ai-sdk-google": {
    name: "AI SDK on Google",
    ...aiSdk,
    codeAt: "responseBody: error.details.0.metadata.code",
    inStream: {
      statuses: { call_refused: 400, call_refused_by_policy: 403, upstream_cut: 502, others: [500] },
      codeAt: null,
    },
  },
  genai: {
    name: "@google/genai",
    throws: { other: "ApiError", event: "ApiError" },
    statusAt: "status",
    codeAt: "message: error.details.0.metadata.code",
    inStream: {
      statuses: { call_refused: 400, call_refused_by_policy: 403, upstream_cut: 502, others: [500] },
      codeAt: "message: error.details.0.metadata.code",
    },
    asksAgainAfter: [],
  },
  agents: {
    name: "@openai/agents",
    throws: openaiClasses,
    statusAt: "status",
    codeAt: "code",
    asksAgainAfter: askedAgainBySdks,
    differs: [
      {
        fault: "two calls with one id",
        streams: [false, true],
        seen: { throws: "ModelBehaviorError" },
        sent: 1,
        ran: [],
        because: "runs neither of two different calls with one id, and throws `ModelBehaviorError`",
      },
    ],
  },
  fetch: {
    name: "fetch",
    ...plain,
  },
  curl: {
    name: "curl",
    ...plain,
  },
};

/**
 * What stands at a documented place of an error, such as `error.error.details.error_code`. Behind the name
 * of a field with a colon, that field holds JSON.
 */
export function valueAt(thrown: Thrown, place: string): unknown {
  const [, field, path = ""] = /^(?:(\w+): )?(.*)$/.exec(place) ?? [];
  const from = field === undefined ? thrown : parsed(valueAt(thrown, field));
  return path
    .split(".")
    .reduce<unknown>((value, name) => (value as Readonly<Record<string, unknown>> | undefined)?.[name], from);
}

/** The JSON in a text; words may stand before it. */
function parsed(text: unknown): unknown {
  if (typeof text !== "string") return undefined;
  try {
    return JSON.parse(text.slice(text.indexOf("{"))) as unknown;
  } catch {
    return undefined;
  }
}
