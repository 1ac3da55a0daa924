import type { Piece } from "../../../examples/provider/answer.ts";

/** One protocol as a client without an SDK speaks it. */
export interface Speech {
  readonly name: "chat" | "messages" | "responses";
  readonly path: string;
  /** Names and values; `key` is the credential. */
  headers(key: string): Readonly<Record<string, string>>;
  body(stream: boolean): string;
  /** What stands at the very end of a stream that came to its end, and in an error inside one. */
  readonly terminal: RegExp;
  readonly error: RegExp;
  /** The pieces of a call's arguments in a stream, each as a JSON string. */
  readonly argumentPiece: RegExp;
}

const properties = { generation: { type: "integer" }, city: { type: "string" } };
const schema = { type: "object", properties, required: ["generation", "city"], additionalProperties: false };
const json = { "content-type": "application/json" };
const question = "Book the trip.";

export const speeches: readonly Speech[] = [
  {
    name: "chat",
    path: "/v1/chat/completions",
    headers: (key) => ({ authorization: `Bearer ${key}`, ...json }),
    body: (stream) =>
      JSON.stringify({
        model: "gpt-5.4-mini",
        stream,
        messages: [{ role: "user", content: question }],
        tools: [{ type: "function", function: { name: "book", parameters: schema } }],
      }),
    // Some servers say why they stopped, and leave `[DONE]` out.
    terminal: /^data: (?:\[DONE\]$|.*"finish_reason":")/m,
    error: /^data: \{"error":/m,
    argumentPiece: /"arguments":("(?:[^"\\]|\\.)*")/g,
  },
  {
    name: "messages",
    path: "/v1/messages",
    headers: (key) => ({ "x-api-key": key, "anthropic-version": "2023-06-01", ...json }),
    body: (stream) =>
      JSON.stringify({
        model: "claude-sonnet-5-5",
        max_tokens: 500,
        stream,
        messages: [{ role: "user", content: question }],
        tools: [{ name: "book", input_schema: schema }],
      }),
    terminal: /^data: \{"type":"message_stop"/m,
    error: /^event: error$/m,
    argumentPiece: /"partial_json":("(?:[^"\\]|\\.)*")/g,
  },
  {
    name: "responses",
    path: "/v1/responses",
    headers: (key) => ({ authorization: `Bearer ${key}`, ...json }),
    body: (stream) =>
      JSON.stringify({
        model: "gpt-5.4-mini",
        stream,
        input: [{ role: "user", content: question }],
        tools: [{ type: "function", name: "book", parameters: schema, strict: false }],
      }),
    terminal: /^event: response\.completed$/m,
    error: /^event: (?:error|response\.failed)$/m,
    argumentPiece: /"response\.function_call_arguments\.delta".*?"delta":("(?:[^"\\]|\\.)*")/g,
  },
];

/** Whether the model only says something, or makes a call behind it. */
export type Content = "text" | "call";

const words = 6;

/** What the model says the n-th time that it is asked: each word tells of which generation it is. */
export function saidIn(generation: number, content: Content): readonly Piece[] {
  const text = { text: Array.from({ length: words }, (_, at) => `g${generation}w${at} `) };
  const args = { generation, city: "Bergen" };
  const call = { call: { id: `call_g${generation}w${words}`, name: "book", arguments: args } };
  return content === "text" ? [text] : [text, call];
}

/** What an answer has of which generations. */
export interface Read {
  /** The generations that it has anything of. */
  readonly generations: readonly number[];
  /** True where it ends as an answer that is whole: nothing but its content could tell that it is not. */
  readonly endsWell: boolean;
  /** True where it has all that the model said. */
  readonly hasAll: boolean;
  /** True where it has anything of a call. */
  readonly hasCall: boolean;
}

/** Reads a body. `ended`: it came to its end as HTTP has it. */
export function readAnswer(speech: Speech, body: string, ended: boolean, content: Content): Read {
  const isStream = /^(?:data|event): /m.test(body);
  const found = [...body.matchAll(/g(\d+)w(\d+)/g)].map(
    ([, generation, word]) => [generation, word] as const,
  );
  const generations = [...new Set(found.map(([generation]) => Number(generation)))];
  const said = new Set(found.map(([, word]) => Number(word)));
  const hasText = Array.from({ length: words }, (_, at) => said.has(at)).every(Boolean);
  const isClean = isStream ? speech.terminal.test(body) && !speech.error.test(body) : generations.length > 0;
  return {
    generations,
    endsWell: ended && isClean,
    hasAll: hasText && (content === "text" || hasWholeCall(speech, body, isStream, generations)),
    hasCall: said.has(words) || body.includes("Bergen"),
  };
}

function hasWholeCall(
  speech: Speech,
  body: string,
  isStream: boolean,
  [generation = 0]: readonly number[],
): boolean {
  if (!isStream) return new RegExp(`generation\\\\?":${generation}.*city\\\\?":\\\\?"Bergen`).test(body);
  const pieces = [...body.matchAll(speech.argumentPiece)].map(
    ([, piece]) => JSON.parse(piece ?? '""') as string,
  );
  return pieces.join("") === JSON.stringify({ generation, city: "Bergen" });
}
