import {
  GoogleGenAI,
  type Content,
  type GenerateContentConfig,
  type GenerateContentResponse,
  type Part,
} from "@google/genai";
import {
  offers,
  system,
  type Chat,
  type ChatSettings,
  type Client,
  type PlainCall,
  type Turn,
} from "./client.ts";
import { dialects } from "./dialects.ts";
import { plain, toolLoop, type Completed, type WantedCall } from "./tool-loop.ts";

function genai({ url, apiKey, fetch }: ChatSettings): GoogleGenAI {
  return new GoogleGenAI({
    apiKey,
    httpOptions: { baseUrl: url, ...(fetch === undefined ? {} : { fetch }) },
  });
}

const config: GenerateContentConfig = {
  systemInstruction: system,
  tools: [
    {
      functionDeclarations: offers.map(({ name, description, schema }) => ({
        name,
        description,
        parametersJsonSchema: schema,
      })),
    },
  ],
};

/** One answer, in however many pieces it came. Ids are left out of many calls. */
function turnOf(pieces: readonly GenerateContentResponse[]): {
  parts: Part[];
  turn: Omit<Turn, "calls">;
  calls: WantedCall[];
} {
  const parts = pieces.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);
  const last = pieces.at(-1);
  const finish = last?.candidates?.[0]?.finishReason;
  if (finish === undefined) throw new Error("The answer never finished.");
  return {
    parts,
    turn: {
      text: parts.map(({ text, thought }) => (thought === true ? "" : (text ?? ""))).join(""),
      finish,
      inputTokens: last?.usageMetadata?.promptTokenCount,
      outputTokens: last?.usageMetadata?.candidatesTokenCount,
      whole: pieces.map(({ candidates, usageMetadata }) => ({ candidates, usageMetadata })),
    },
    calls: parts.flatMap(({ functionCall: call }) =>
      call === undefined ? [] : [{ id: call.id ?? "", name: call.name ?? "", arguments: call.args }],
    ),
  };
}

function resultPart({ id, name }: WantedCall, text: string): Part {
  return { functionResponse: { ...(id === "" ? {} : { id }), name, response: { output: text } } };
}

async function collected(
  stream: AsyncIterable<GenerateContentResponse>,
  shown: unknown[],
): Promise<GenerateContentResponse[]> {
  const pieces: GenerateContentResponse[] = [];
  for await (const piece of stream) {
    shown.push(...(piece.functionCalls ?? []));
    pieces.push(piece);
  }
  return pieces;
}

/** A client whose user keeps the history and writes the loop. */
function loopClient(name: string, streams: boolean): Client {
  return {
    name,
    family: "genai",
    protocol: "gemini",
    streams,
    open(settings) {
      const { models } = genai(settings);
      const model = settings.model ?? dialects.gemini.model;
      let called: readonly WantedCall[] = [];
      return toolLoop<Content>(settings, {
        begin: () => [],
        user: (text) => ({ role: "user", parts: [{ text }] }),
        results: (results) => [
          {
            role: "user",
            parts: called.map((call, index) => resultPart(call, results[index]?.text ?? "")),
          },
        ],
        async complete(history, shown): Promise<Completed<Content>> {
          const contents = [...history];
          const pieces = streams
            ? await collected(await models.generateContentStream({ model, contents, config }), shown)
            : [await models.generateContent({ model, contents, config })];
          const { parts, turn, calls } = turnOf(pieces);
          called = calls;
          return { turn, calls, said: [{ role: "model", parts }] };
        },
      });
    },
  };
}

/** The SDK's own chat, which keeps the history. */
function chatClient(name: string, streams: boolean): Client {
  const open = (settings: ChatSettings): Chat => chatOf(settings, streams);
  return { name, family: "genai", protocol: "gemini", streams, open };
}

function chatOf(settings: ChatSettings, streams: boolean): Chat {
  const chat = genai(settings).chats.create({ model: settings.model ?? dialects.gemini.model, config });
  const turns: Turn[] = [];
  const ran: PlainCall[] = [];
  const shown: unknown[] = [];
  return {
    turns,
    ran,
    pieces: shown,
    async ask(question) {
      let message: Part[] = [{ text: question }];
      for (;;) {
        const pieces = streams
          ? await collected(await chat.sendMessageStream({ message }), shown)
          : [await chat.sendMessage({ message })];
        const { turn, calls } = turnOf(pieces);
        turns.push({ ...turn, calls: calls.map(plain) });
        if (calls.length === 0) return turn.text;
        message = calls.map((call) => {
          ran.push(plain(call));
          return resultPart(call, settings.run(plain(call)));
        });
      }
    },
  };
}

export const genaiClients: readonly Client[] = [
  loopClient("genai generateContent", false),
  loopClient("genai generateContentStream", true),
  chatClient("genai chats.sendMessage", false),
  chatClient("genai chats.sendMessageStream", true),
];
