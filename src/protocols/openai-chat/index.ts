import type { Protocol } from "../protocol.ts";
import { editAnswer, readAnswer } from "./answer.ts";
import { assistantMessages, continuePrompt, resultMessages } from "./continue.ts";
import { askStream } from "./ask-stream.ts";
import { cutShort } from "./cut-short.ts";
import { editBody, editPrompt } from "./edit-prompt.ts";
import { identity } from "./identity.ts";
import { refuse } from "../openai-errors.ts";
import { messageHash } from "./message-hash.ts";
import { readPrompt } from "./read-prompt.ts";
import { ChatStreamReader } from "./stream-reader.ts";
import { ChatStreamWriter } from "./stream-writer.ts";
import { streamOf } from "./stream-of-whole.ts";
import { wholeOf } from "./whole-of-stream.ts";

/** OpenAI's Chat Completions: https://platform.openai.com/docs/api-reference/chat */
export const openaiChat: Protocol = {
  name: "openai-chat",
  plane: "llm",
  matches: (method, path) => method === "POST" && path.endsWith("/chat/completions"),
  words: (path, headers) =>
    path.startsWith("/v1/") &&
    headers["anthropic-version"] === undefined &&
    headers["x-goog-api-key"] === undefined &&
    !/^\/v1\/(?:messages|responses)(?:\/|$)/.test(path) &&
    !/^\/v1\/models\/[^/]+(?::|%3a)(?:\w*[gG]enerateContent|countTokens|\w*[eE]mbedContents?)$/i.test(path),
  readPrompt,
  editPrompt,
  editBody,
  continuePrompt,
  readAnswer,
  editAnswer,
  openReader: () => new ChatStreamReader(),
  openWriter: () => new ChatStreamWriter(),
  forms: { identity, askStream, wholeOf, cutShort, streamOf },
  assistantMessages,
  resultMessages,
  shownHash: ({ text, calls }) =>
    messageHash({ role: "assistant", name: undefined, text, attachments: [], calls }),
  refuse,
  fetchedAnswer: () => null,
  refuseKept: () => null,
  bindsThinking: () => false,
};
