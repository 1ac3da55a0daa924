import { refuse } from "../openai-errors.ts";
import { textOf } from "../../wire/body-text.ts";
import type { Protocol } from "../protocol.ts";
import { editAnswer, readAnswer } from "./answer.ts";
import { askStream } from "./ask-stream.ts";
import { cutShort } from "./cut-short.ts";
import { withEarlier } from "./earlier.ts";
import { editPrompt } from "./edit-prompt.ts";
import { identity } from "./identity.ts";
import { saidHash } from "./message-hash.ts";
import { readPrompt } from "./read-prompt.ts";
import { streamOf } from "./stream-of-whole.ts";
import { ResponseStreamReader } from "./stream-reader.ts";
import { ResponseStreamWriter } from "./stream-writer.ts";
import { assistantMessages, continuePrompt, resultMessages } from "./turn-items.ts";
import { wholeOf } from "./whole-of-stream.ts";

/** OpenAI's Responses: https://platform.openai.com/docs/api-reference/responses */
export const openaiResponses: Protocol = {
  name: "openai-responses",
  plane: "llm",
  matches: (method, path) => method === "POST" && path.endsWith("/responses"),
  words: (path) => /\/responses(?:\/|$)/.test(path),
  readPrompt: (body, path) => readPrompt(textOf(body), path),
  editPrompt,
  editBody: (prompt, edits) => Buffer.from(editPrompt(prompt, edits)),
  continuePrompt,
  readAnswer,
  editAnswer,
  openReader: () => new ResponseStreamReader(),
  openWriter: () => new ResponseStreamWriter(),
  forms: { identity, askStream, wholeOf, cutShort, streamOf },
  assistantMessages,
  resultMessages,
  shownHash: ({ text, calls }) => saidHash({ role: "assistant", text, calls, rest: [] }),
  refuse,
  fetchedAnswer: (method, path) => {
    const id = method === "GET" ? /\/responses\/([^/]+)$/.exec(path)?.[1] : undefined;
    return id === undefined ? null : id;
  },
  refuseKept: () => null,
  withEarlier,
  bindsThinking: () => false,
};
