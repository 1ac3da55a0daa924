import type { ProtocolName } from "../../../../examples/provider/answer.ts";
import type { Chat, ChatSettings, Client, FamilyName, PlainCall, Turn } from "../client.ts";
import { dialects } from "../dialects.ts";
import { plain } from "../tool-loop.ts";
import { chatForm } from "./chat-form.ts";
import { geminiForm } from "./gemini-form.ts";
import { messagesForm } from "./messages-form.ts";
import { responsesForm } from "./responses-form.ts";
import { eventsIn, HttpError, StreamError, type Json, type Read, type WireForm } from "./wire-form.ts";

const forms = {
  "openai-chat": chatForm,
  "anthropic-messages": messagesForm,
  gemini: geminiForm,
  "openai-responses": responsesForm,
} as const satisfies Partial<Record<ProtocolName, WireForm>>;
type Spoken = keyof typeof forms;

/** An answer with its whole body: what a program has that sends HTTP by itself. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** What broke the body off, or null. */
  readonly broken: Error | null;
}

/** Sends one request, whichever way. */
export type Post = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  settings: ChatSettings,
) => Promise<RawAnswer>;

function jsonIn(body: string): Json {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return {};
  }
}

function read(form: WireForm, answer: RawAnswer, streams: boolean, pieces: unknown[]): Read {
  const { status, headers, body, broken } = answer;
  if (status !== 200) {
    const error = form.errorIn(jsonIn(body));
    throw new HttpError(status, error?.message ?? body, error?.code, headers);
  }
  if (!streams) {
    if (broken !== null) throw broken;
    return form.whole(jsonIn(body));
  }
  const events = eventsIn(body);
  for (const event of events) {
    const error = form.errorIn(event);
    if (error !== null) throw new StreamError(error.message, error.code);
  }
  if (broken !== null) throw broken;
  return form.streamed(events, pieces);
}

function chatOf(protocol: Spoken, post: Post, settings: ChatSettings, streams: boolean): Chat {
  const form: WireForm = forms[protocol];
  const model = settings.model ?? dialects[protocol].model;
  const history: Json[] = [];
  const turns: Turn[] = [];
  const ran: PlainCall[] = [];
  const pieces: unknown[] = [];
  const ask = async (): Promise<Read> => {
    const url = settings.url + form.path(model, streams);
    const headers = { "content-type": "application/json", ...form.headers(settings.apiKey) };
    const answer = await post(url, headers, JSON.stringify(form.body(model, history, streams)), settings);
    return read(form, answer, streams, pieces);
  };
  return {
    turns,
    ran,
    pieces,
    async ask(question) {
      history.push(form.user(question));
      for (;;) {
        const { turn, calls, said } = await ask();
        turns.push({ ...turn, calls: calls.map(plain) });
        history.push(...said);
        if (calls.length === 0) return turn.text;
        const results = calls.map(({ id, ...call }) => {
          ran.push(call);
          return { id, name: call.name, text: settings.run(call) };
        });
        history.push(...form.results(results));
      }
    },
  };
}

/** A loop over every protocol, whole and streamed, of one way to send HTTP. */
export function plainClients(family: FamilyName, post: Post): readonly Client[] {
  return (Object.keys(forms) as Spoken[]).flatMap((protocol) =>
    [false, true].map((streams) => ({
      name: `${family} of ${protocol}${streams ? ", streamed" : ""}`,
      family,
      protocol,
      streams,
      open: (settings: ChatSettings) => chatOf(protocol, post, settings, streams),
    })),
  );
}
