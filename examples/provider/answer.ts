// What a script says, and nothing about how it goes over the wire.

/** A tool call that the model makes. A string as arguments is sent as it is: broken JSON, anything. */
export interface ScriptedCall {
  /** Made up where it is missing. */
  readonly id?: string;
  readonly name: string;
  readonly arguments?: Readonly<Record<string, unknown>> | string;
  /** A custom tool of OpenAI's: its arguments are free text. */
  readonly custom?: boolean;
}

/** One piece of an answer, in the order in which the model says them. */
export type Piece =
  | { readonly text: string | readonly string[] }
  | { readonly thinking: string | readonly string[] }
  /** Thinking that only the provider can read (Anthropic, Gemini). */
  | { readonly redacted: string }
  | { readonly call: ScriptedCall }
  /** A content block (Anthropic), an item (Responses) or a part (Gemini) as it is. */
  | { readonly block: Readonly<Record<string, unknown>> };

/** What one choice says. `text`, `thinking` and `calls` are short for `content` in the usual order. */
export interface Said {
  readonly thinking?: string | readonly string[];
  readonly text?: string | readonly string[];
  readonly calls?: readonly ScriptedCall[];
  readonly content?: readonly Piece[];
  /**
   * `stop`, `length`, `calls`, `refusal`, or a word of the provider's own, which is sent as it is.
   * Left out, it follows from the content.
   */
  readonly finish?: string;
}

interface ScriptedUsage {
  readonly input?: number;
  readonly output?: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  readonly reasoning?: number;
}

/** An error in the provider's own words. */
interface ScriptedError {
  readonly status: number;
  readonly message?: string;
  readonly type?: string;
  readonly code?: string;
  readonly retryAfterSeconds?: number;
}

/** What goes wrong on the way. */
export interface Faults {
  /** The connection is closed before any header is sent. */
  readonly dropBeforeHeaders?: boolean;
  /** Nothing is ever sent, not even headers; the connection stays open. */
  readonly silent?: boolean;
  readonly delayMs?: number;
  readonly eventDelayMs?: number;
  /** The body ends after so many events, or bytes: by a broken connection, or cleanly (`cut: "end"`). */
  readonly cutAfterEvents?: number;
  readonly cutAfterBytes?: number;
  readonly cut?: "break" | "end";
  /** Added to the true `content-length`; also for streams, which otherwise have none. */
  readonly contentLengthOff?: number;
  /** Compressed, whatever the client accepts. */
  readonly gzip?: boolean;
  /** The body in pieces of so many bytes, each written on its own. */
  readonly chunkBytes?: number;
}

export interface Answer extends Said, Faults {
  /** More choices (`n`). Left out, the first is said `n` times. */
  readonly choices?: readonly Said[];
  readonly usage?: ScriptedUsage;
  readonly error?: ScriptedError;
  /** The error event of the protocol, inside a stream, behind so many events. */
  readonly errorAfterEvents?: number;
  /** A file whose bytes are the body. Without `.sse` or `.json` the one that the request asks for. */
  readonly fixture?: string;
  /** A body as it is; needs `headers` with a content type. */
  readonly body?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Fields and, in streams, comments that no client knows. */
  readonly extras?: boolean;
  /** Event names that no client knows (Anthropic). */
  readonly extraEvents?: boolean;
}

/** Answers in order, or a function that answers whatever it likes. */
export type Script = readonly Answer[] | ((request: ScriptRequest) => Answer | Promise<Answer>);

export type ProtocolName = "openai-chat" | "openai-responses" | "anthropic-messages" | "gemini";

export type Json = Record<string, unknown>;

/** What a script's function is told. */
export interface ScriptRequest {
  /** Counts all requests, from 0. */
  readonly index: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body as JSON, or an empty object where it is none. */
  readonly parsed: Json;
  /** Null for a path that is no model's. */
  readonly protocol: ProtocolName | null;
}

export interface Fault {
  readonly status: number;
  readonly message: string;
  readonly param?: string | null;
  readonly type?: string;
  readonly code?: string | null;
  readonly retryAfterSeconds?: number;
}

/** A refusal in Anthropic's form. */
export function invalidRequest(message: string): Fault {
  return { status: 400, type: "invalid_request_error", message };
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The pieces of a choice, whichever way the script spells them. */
export function piecesOf(said: Said): readonly Piece[] {
  if (said.content !== undefined) return said.content;
  return [
    ...(said.thinking === undefined ? [] : [{ thinking: said.thinking }]),
    ...(said.text === undefined ? [] : [{ text: said.text }]),
    ...(said.calls ?? []).map((call) => ({ call })),
  ];
}

export function argumentsText(call: ScriptedCall): string {
  return typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments ?? {});
}

const fragmentLength = 12;

/** A text as fragments of a stream: the script's own, or a few characters each, no pair torn apart. */
export function fragments(text: string | readonly string[]): readonly string[] {
  if (typeof text !== "string") return text;
  const cut: string[] = [];
  for (let from = 0; from < text.length;) {
    const isTorn = /[\uD800-\uDBFF]/.test(text.charAt(from + fragmentLength - 1));
    const to = from + fragmentLength + (isTorn ? 1 : 0);
    cut.push(text.slice(from, to));
    from = to;
  }
  return cut;
}

export function joined(text: string | readonly string[]): string {
  return typeof text === "string" ? text : text.join("");
}

/** Four characters a token: near enough for a provider that bills nobody. */
export function roughTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4));
}
