import type { Answer, ProtocolName, Script, ScriptedCall } from "../../../examples/provider/answer.ts";
import type { ErrorCode } from "../../../src/exchange/error.ts";
import type { Client, PlainCall } from "./client.ts";
import { dialects, thinkingOf } from "./dialects.ts";
import type { Urls } from "./site.ts";
import { paris, tokyo } from "./weather.ts";

/** What a script needs to know of who asks. */
type AskingClient = Pick<Client, "protocol" | "streams">;

/** What the gateway answers where something is wrong, as it stands on the wire. */
export type Wire =
  /** An answer like any other. */
  | { readonly is: "answer"; readonly text: string; readonly calls: readonly PlainCall[] }
  /** `code`: one of ours, in our sentence. Without it the words are the upstream's. */
  | {
      readonly is: "error";
      readonly status: number;
      readonly code?: ErrorCode;
      readonly words: RegExp;
      /** Calls of an answer before it. */
      readonly calls?: readonly PlainCall[];
    }
  /** An error behind text that has left, so without a status. */
  | { readonly is: "event"; readonly code?: ErrorCode; readonly words: RegExp; readonly calls?: undefined };

export interface Fault {
  readonly play: (client: AskingClient) => Script;
  /** Null: there is no such thing in a whole answer. */
  readonly whole: Wire | null;
  readonly streamed: Wire;
  /** Where a protocol is different by itself. */
  readonly on?: Readonly<Partial<Record<ProtocolName, Wire>>>;
  /** How often the gateway asks the model again by itself. */
  readonly repairs: number;
  /** The gateway adds nothing: a client does what it does without it. */
  readonly passes?: true;
  readonly where?: keyof Urls;
  /** It does not go away; clients that ask again do so only once, lest it take too long. */
  readonly lasts?: true;
}

/** What only the model may see. */
export const secret = "UNSEEN";

const fine: Answer = { text: "Fine." };
const right: ScriptedCall = { name: paris.name, arguments: paris.arguments as Record<string, unknown> };
const answered = { is: "answer", text: "Fine.", calls: [paris] } as const;
const refusedSentence = /^.*Longstop refused what the model asked for/s;

/** A wrong turn, the right one, and the end. */
function repaired(wrong: (client: AskingClient) => Answer, calls: readonly PlainCall[] = [paris]): Fault {
  const again = calls.map(({ name, arguments: args }) => ({
    name,
    arguments: args as Record<string, unknown>,
  }));
  return {
    play: (client) => [
      { ...thinkingOf(client, "Hm."), ...wrong(client) },
      { ...thinkingOf(client, "Oh."), calls: again },
      { ...thinkingOf(client, "Well."), ...fine },
    ],
    whole: { ...answered, calls },
    streamed: { ...answered, calls },
    repairs: 1,
  };
}

function wrongly(name: string, args: string | Record<string, unknown>): () => Answer {
  return () => ({ calls: [{ name, arguments: args }] });
}

function brokenJson({ protocol, streams }: AskingClient): Answer {
  const isValue = dialects[protocol].argumentsAreValues(streams);
  const args = isValue ? '{"city": "UNSEEN", "city": "Paris"}' : '{"city": "UNSEEN", "unit": }';
  return { calls: [{ name: "get_weather", arguments: args }] };
}

/** One and the same turn, whatever the model is told. */
function refused(said: Answer, code: "call_refused" | "call_refused_by_policy"): Fault {
  const words = code === "call_refused" ? refusedSentence : /Not allowed\./;
  const status = code === "call_refused" ? 400 : 403;
  const whole: Wire = { is: "error", status, code, words };
  const streamed: Wire = said.text === undefined ? whole : { is: "event", code, words };
  return { play: () => () => said, whole, streamed, repairs: 1 };
}

const wrongUnit: ScriptedCall = { name: "get_weather", arguments: { city: "Paris", unit: "UNSEEN-UNIT" } };
const forbidden: ScriptedCall = { name: "get_weather", arguments: { city: "UNSEEN forbidden" } };

/** The first request fails and the second would not: whether there is a second is the client's. */
function once(fault: (client: AskingClient) => Answer, wire: Wire, more: Partial<Fault> = {}): Fault {
  return { play: (client) => [fault(client), fine], whole: wire, streamed: wire, repairs: 0, ...more };
}

function passing(fault: Answer, status: number, words: RegExp): Fault {
  return once(() => fault, { is: "error", status, words }, { passes: true });
}

const html = { body: "<html>UNSEEN Gateway</html>", headers: { "content-type": "text/html" } };
/** What is no answer of the protocol has our words, and the upstream's status where that is an error. */
function page(status: number): Fault {
  const words = new RegExp(`answered ${status} with text/html instead of JSON`);
  const code = "upstream_unreadable";
  return once(() => ({ status, ...html }), {
    is: "error",
    status: status === 200 ? 502 : status,
    code,
    words,
  });
}

const longCall = { name: "get_weather", arguments: { city: "UNSEEN Llanfairpwllgwyngyll", unit: "celsius" } };
const cutWords = /(ended its stream|broke off) before (the|its) answer was whole/;
const cutError: Wire = { is: "error", status: 502, code: "upstream_cut", words: cutWords };
const cutEvent: Wire = { is: "event", code: "upstream_cut", words: cutWords };

/** A whole answer breaks off; a stream breaks off, or ends as if nothing were missing. */
function cutInCall(cut: "break" | "end", text?: string): Fault {
  const fault = ({ protocol, streams }: AskingClient): Answer => {
    const { eventsIntoCall, eventsOfText } = dialects[protocol];
    const said = { ...(text === undefined ? {} : { text }), calls: [longCall, longCall] };
    return streams
      ? { ...said, cut, cutAfterEvents: eventsIntoCall + (text === undefined ? 0 : eventsOfText) }
      : { ...said, cutAfterBytes: 300 };
  };
  const streamed = text === undefined ? cutError : cutEvent;
  return { play: (client) => [fault(client), fine], whole: cutError, streamed, repairs: 0 };
}

const sameId: Wire = {
  is: "error",
  status: 400,
  words: /Duplicate value for 'id'|ids must be unique|No tool call found/,
  calls: [paris, tokyo],
};

export const faults = {
  "a tool that was not offered": repaired(wrongly("get_UNSEEN_weather", { city: "Paris" })),
  "a value of a wrong type": repaired(wrongly("get_weather", { city: { UNSEEN: "Paris" } })),
  "a missing parameter": repaired(wrongly("get_weather", { unit: "celsius" })),
  "a parameter that the tool does not have": repaired(
    wrongly("get_weather", { city: "Paris", UNSEEN_DAYS: 3 }),
  ),
  "arguments that are not JSON": repaired(brokenJson),
  "no arguments": repaired(wrongly("get_weather", {})),
  // The calls are right, and run. It is the next request that a provider refuses.
  "two calls with one id": {
    play: () => [
      {
        calls: [
          { id: "call_twice", ...right },
          { id: "call_twice", name: "get_time", arguments: { city: "Tokyo" } },
        ],
      },
      fine,
    ],
    whole: sameId,
    streamed: sameId,
    // Results are told apart by their order.
    on: { gemini: { is: "answer", text: "Fine.", calls: [paris, tokyo] } },
    repairs: 0,
    passes: true,
  },
  "a wrong call beside a right one": repaired(
    () => ({ calls: [{ name: "get_time", arguments: { city: "Tokyo" } }, wrongUnit] }),
    [tokyo, paris],
  ),
  "a wrong call behind text": repaired(() => ({ text: "Let me look.", calls: [wrongUnit] })),
  "the same wrong call each time": refused({ calls: [wrongUnit] }, "call_refused"),
  "the same wrong call each time, behind text": refused(
    { text: "Let me look.", calls: [wrongUnit] },
    "call_refused",
  ),
  "a call that a policy forbids": refused({ calls: [forbidden] }, "call_refused_by_policy"),
  "a call that a policy forbids, behind text": refused(
    { text: "Let me look.", calls: [forbidden] },
    "call_refused_by_policy",
  ),
  "a connection that breaks inside a call": cutInCall("break"),
  "a connection that breaks inside a call, behind text": cutInCall("break", "Hm."),
  "a stream that ends inside a call": cutInCall("end"),
  "a stream that ends inside a call, behind text": cutInCall("end", "Hm."),
  "a connection that breaks inside text": once(
    ({ protocol, streams }) => ({
      text: "A long text that is cut.",
      ...(streams ? { cutAfterEvents: dialects[protocol].eventsIntoText } : { cutAfterBytes: 90 }),
    }),
    cutError,
    { streamed: cutEvent },
  ),
  "an answer that breaks off before its first word": once(() => ({ ...fine, cutAfterBytes: 1 }), cutError),
  "an error in the stream": {
    play: ({ protocol }) => {
      const { eventsIntoCall, eventsOfText } = dialects[protocol];
      return [{ text: "Hm.", calls: [longCall, longCall], errorAfterEvents: eventsIntoCall + eventsOfText }];
    },
    whole: null,
    streamed: { is: "event", words: /The server had an error|Overloaded/ },
    repairs: 0,
  },
  "a 400 of the provider": passing(
    { error: { status: 400, message: "No such thing." } },
    400,
    /No such thing\./,
  ),
  "a 401 of the provider": passing({ error: { status: 401, message: "Who are you?" } }, 401, /Who are you\?/),
  "a 429 with retry-after": passing(
    { error: { status: 429, message: "Slow down.", retryAfterSeconds: 1 } },
    429,
    /Slow down\./,
  ),
  "a 429 without retry-after": passing({ error: { status: 429, message: "Slow down." } }, 429, /Slow down\./),
  "a 500 of the provider": passing({ error: { status: 500, message: "Broken." } }, 500, /Broken\./),
  "a 529 of the provider": passing({ error: { status: 529, message: "Overloaded" } }, 529, /Overloaded/),
  "a page of HTML with 502": page(502),
  "a page of HTML with 403": page(403),
  "a page of HTML with 200": page(200),
  "a connection that is dropped before it is answered": once(() => ({ dropBeforeHeaders: true }), {
    is: "error",
    status: 502,
    code: "upstream_cut",
    words: /broke off|before/,
  }),
  "an upstream that cannot be reached": once(
    () => fine,
    {
      is: "error",
      status: 503,
      code: "upstream_unreachable",
      words: /cannot be reached.*Nothing was sent\./,
    },
    { where: "dead", lasts: true },
  ),
  "an upstream that does not answer": once(
    () => ({ silent: true }),
    { is: "error", status: 400, code: "upstream_timeout", words: /did not answer in time/ },
    { where: "impatient" },
  ),
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof faults;
