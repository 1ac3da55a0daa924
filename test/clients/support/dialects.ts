import type { Answer, ProtocolName } from "../../../examples/provider/answer.ts";
import type { ProviderRequest } from "../../../examples/provider/provider.ts";

/** What the tests need to know of a protocol. */
export interface Dialect {
  readonly model: string;
  /** Its words for the ends of a turn. */
  readonly finish: Readonly<Record<"stop" | "calls" | "length", string>>;
  /** Fields of a request that stand before the history, and the one that holds it. */
  readonly head: readonly string[];
  readonly history: string;
  /** Events of the scripted cut: up to the middle of text, of a call's arguments, and what a short text adds. */
  readonly eventsIntoText: number;
  readonly eventsIntoCall: number;
  readonly eventsOfText: number;
  /** Between events, ms, so that two calls are held for more than a second. */
  readonly slowEventMs: number;
  /** The provider's own error in a stream. */
  readonly errorEvent: RegExp;
  /** Two equal scripts give requests of equal length: what the provider makes up is no part of them. */
  readonly isRepeatable: boolean;
  /** The model says what it thinks, and the provider wants it back unchanged. */
  readonly thinks: boolean;
  /** Arguments are a value and no text, so that broken JSON can at most have a name twice. */
  readonly argumentsAreValues: (streams: boolean) => boolean;
}

export const dialects: Readonly<Record<ProtocolName, Dialect>> = {
  "openai-chat": {
    model: "gpt-5.4-mini",
    finish: { stop: "stop", calls: "tool_calls", length: "length" },
    head: ["tools"],
    history: "messages",
    eventsIntoText: 3,
    eventsIntoCall: 3,
    eventsOfText: 3,
    slowEventMs: 150,
    errorEvent: /The server had an error/,
    isRepeatable: true,
    thinks: false,
    argumentsAreValues: () => false,
  },
  "openai-responses": {
    model: "gpt-5.4-mini",
    finish: { stop: "completed", calls: "completed", length: "incomplete" },
    head: ["instructions", "tools"],
    history: "input",
    eventsIntoText: 5,
    eventsIntoCall: 4,
    eventsOfText: 6,
    slowEventMs: 150,
    errorEvent: /The server had an error/,
    isRepeatable: false,
    thinks: true,
    argumentsAreValues: () => false,
  },
  "anthropic-messages": {
    model: "claude-sonnet-5-5",
    finish: { stop: "end_turn", calls: "tool_use", length: "max_tokens" },
    head: ["system", "tools"],
    history: "messages",
    eventsIntoText: 4,
    eventsIntoCall: 4,
    eventsOfText: 3,
    slowEventMs: 150,
    errorEvent: /Overloaded/,
    isRepeatable: true,
    thinks: true,
    argumentsAreValues: (streams) => !streams,
  },
  gemini: {
    model: "gemini-3-flash",
    finish: { stop: "STOP", calls: "STOP", length: "MAX_TOKENS" },
    head: ["systemInstruction", "tools"],
    history: "contents",
    eventsIntoText: 1,
    eventsIntoCall: 1,
    eventsOfText: 1,
    slowEventMs: 1300,
    errorEvent: /The server had an error/,
    isRepeatable: false,
    thinks: false,
    argumentsAreValues: () => true,
  },
};

/** Thinking, for the protocol that binds it to what stood before it. */
export function thinkingOf(
  { protocol }: { readonly protocol: ProtocolName },
  text: string,
): Pick<Answer, "thinking"> {
  return dialects[protocol].thinks ? { thinking: text } : {};
}

/** The elements of a request's history, as texts. */
export function historyIn({ parsed, protocol }: ProviderRequest): readonly string[] {
  const { history } = dialects[protocol ?? "openai-chat"];
  return (parsed[history] as readonly unknown[]).map((one) => JSON.stringify(one));
}

/** System prompt, tools and history as texts: what a provider's cache and a thinking block are bound to. */
export function bindingIn(request: ProviderRequest): readonly string[] {
  const { head } = dialects[request.protocol ?? "openai-chat"];
  return [...head.map((name) => JSON.stringify(request.parsed[name] ?? null)), ...historyIn(request)];
}
