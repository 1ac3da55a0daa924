import { textOf } from "../../wire/body-text.ts";
import type { Protocol } from "../protocol.ts";
import { editAnswer, readAnswer } from "./answer.ts";
import { askStream, isList } from "./ask-stream.ts";
import { cutShort } from "./cut-short.ts";
import { saidHash } from "./content-hash.ts";
import { editPrompt } from "./edit-prompt.ts";
import { refuse } from "./errors.ts";
import { identity } from "./identity.ts";
import { isGeminiPath, readPath } from "./path.ts";
import { readPrompt } from "./read-prompt.ts";
import { GeminiStreamReader } from "./stream-reader.ts";
import { streamOf } from "./stream-of-whole.ts";
import { GeminiStreamWriter } from "./stream-writer.ts";
import { brokenCallId } from "./turn-building.ts";
import { assistantMessages, continuePrompt, resultMessages } from "./turn-messages.ts";
import { wholeOf } from "./whole-of-stream.ts";

/**
 * Google's Gemini API, `generateContent` and `streamGenerateContent`
 * (https://ai.google.dev/api/generate-content), and the same methods of Vertex AI.
 */
export const gemini: Protocol = {
  name: "gemini",
  plane: "llm",
  matches: (method, path) => method === "POST" && readPath(path) !== null,
  words: (path, headers) =>
    isGeminiPath(path) ||
    readPath(path) !== null ||
    (path.startsWith("/v1/") &&
      headers["x-goog-api-key"] !== undefined &&
      headers["anthropic-version"] === undefined &&
      !/^\/v1\/messages(?:\/|$)/.test(path)),
  // https://ai.google.dev/gemini-api/docs/api-key
  credential: { header: "x-goog-api-key", scheme: "" },
  readPrompt: (body, path) => readPrompt(textOf(body), path),
  editPrompt,
  editBody: (prompt, edits) => Buffer.from(editPrompt(prompt, edits)),
  continuePrompt,
  readAnswer,
  editAnswer,
  openReader: () => new GeminiStreamReader(),
  openWriter: () => new GeminiStreamWriter(),
  forms: { identity, askStream, wholeOf, cutShort, isList, streamOf },
  assistantMessages,
  resultMessages,
  shownHash: ({ text, calls }) =>
    saidHash({
      role: "model",
      text,
      calls: calls.filter(({ id }) => id !== brokenCallId),
      results: [],
      rest: [],
    }),
  refuse,
  fetchedAnswer: () => null,
  refuseKept: () => null,
  // A signature is not bound to what stands before it: the API asks for the signatures of the current
  // turn's calls, each on its own part, and checks none of the turns before
  // (https://ai.google.dev/gemini-api/docs/thought-signatures). A trim keeps the running turn whole.
  bindsThinking: () => false,
};
