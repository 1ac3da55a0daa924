import type { PlainCall, Turn } from "../client.ts";

// Each protocol as somebody uses it who has read its documentation and no SDK.

export type Json = Readonly<Record<string, unknown>>;

/** One answer, and what goes back into the history for it. */
export interface Read {
  readonly turn: Omit<Turn, "calls">;
  readonly calls: readonly (PlainCall & { readonly id: string })[];
  readonly said: readonly Json[];
}

export interface WireForm {
  path(model: string, streams: boolean): string;
  headers(apiKey: string): Readonly<Record<string, string>>;
  user(text: string): Json;
  results(results: readonly { readonly id: string; readonly name: string; readonly text: string }[]): Json[];
  body(model: string, history: readonly Json[], streams: boolean): Json;
  whole(answer: Json): Read;
  /** Throws where the stream did not end as the protocol ends one. */
  streamed(events: readonly Json[], pieces: unknown[]): Read;
  /** What an error's body, or an event, says in words and for programs. */
  errorIn(body: Json): { readonly message: string; readonly code: unknown } | null;
}

/** The answer was no 200. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: unknown;
  readonly headers: Headers;

  constructor(status: number, message: string, code: unknown, headers: Headers) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** A stream said that it failed. */
export class StreamError extends Error {
  readonly code: unknown;

  constructor(message: string, code: unknown) {
    super(message);
    this.code = code;
  }
}

export function objectIn(value: unknown): Json {
  return (value ?? {}) as Json;
}

export function listIn(value: unknown): readonly Json[] {
  return (value ?? []) as readonly Json[];
}

/** The events of a body: what stands behind `data:`, as JSON. */
export function eventsIn(body: string): Json[] {
  return body
    .split(/\r?\n\r?\n/)
    .flatMap((frame) => frame.split(/\r?\n/))
    .filter((line) => line.startsWith("data:") && !line.endsWith("[DONE]"))
    .map((line) => JSON.parse(line.slice("data:".length)) as Json);
}

/** A member of JSON, as the text that it has to be. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
