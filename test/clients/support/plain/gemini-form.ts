import { offers, system } from "../client.ts";
import { listIn, objectIn, textOf, type Json, type Read, type WireForm } from "./wire-form.ts";

function read(pieces: readonly Json[]): Read {
  const candidates = pieces.map((piece) => objectIn(listIn(piece["candidates"])[0]));
  const parts = candidates.flatMap(({ content }) => listIn(objectIn(content)["parts"]));
  const usage = objectIn(pieces.at(-1)?.["usageMetadata"]);
  const finish = candidates.at(-1)?.["finishReason"];
  if (finish === undefined) throw new Error("The answer never finished.");
  return {
    turn: {
      text: parts.map((part) => (part["thought"] === true ? "" : textOf(part["text"]))).join(""),
      finish: textOf(finish),
      inputTokens: usage["promptTokenCount"] as number | undefined,
      outputTokens: usage["candidatesTokenCount"] as number | undefined,
      whole: pieces.map(({ candidates: list, usageMetadata }) => ({ list, usageMetadata })),
    },
    calls: parts
      .filter((part) => "functionCall" in part)
      .map((part) => {
        const { id, name, args } = objectIn(part["functionCall"]);
        return { id: textOf(id), name: textOf(name), arguments: args };
      }),
    said: [{ role: "model", parts }],
  };
}

export const geminiForm: WireForm = {
  path: (model, streams) =>
    `/v1beta/models/${model}:${streams ? "streamGenerateContent?alt=sse" : "generateContent"}`,
  headers: (apiKey) => ({ "x-goog-api-key": apiKey }),
  user: (text) => ({ role: "user", parts: [{ text }] }),
  results: (results) => [
    {
      role: "user",
      parts: results.map(({ id, name, text }) => ({
        functionResponse: { ...(id === "" ? {} : { id }), name, response: { output: text } },
      })),
    },
  ],
  body: (_, history) => ({
    systemInstruction: { parts: [{ text: system }] },
    contents: history,
    tools: [
      {
        functionDeclarations: offers.map(({ name, description, schema }) => ({
          name,
          description,
          parametersJsonSchema: schema,
        })),
      },
    ],
  }),
  whole: (answer) => read([answer]),
  streamed(events, pieces) {
    const answer = read(events);
    pieces.push(...answer.calls);
    return answer;
  },
  errorIn(body) {
    const { error } = body;
    if (error === undefined) return null;
    const { message, details } = objectIn(error);
    return { message: textOf(message), code: objectIn(listIn(details)[0]?.["metadata"])["code"] };
  },
};
