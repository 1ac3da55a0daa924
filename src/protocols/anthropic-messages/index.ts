import { textOf } from "../../wire/body-text.ts";
import type { Protocol } from "../protocol.ts";
import { editAnswer, readAnswer } from "./answer.ts";
import { askStream } from "./ask-stream.ts";
import { bindsThinking } from "./bound-thinking.ts";
import { cutShort } from "./cut-short.ts";
import { editPrompt } from "./edit-prompt.ts";
import { refuse } from "./errors.ts";
import { goOn } from "./go-on.ts";
import { identity } from "./identity.ts";
import { saidHash } from "./message-hash.ts";
import { readPrompt } from "./read-prompt.ts";
import { streamOf } from "./stream-of-whole.ts";
import { MessageStreamReader } from "./stream-reader.ts";
import { MessageStreamWriter } from "./stream-writer.ts";
import { refuseThread } from "./threads.ts";
import { assistantMessages, continuePrompt, resultMessages } from "./turn-messages.ts";
import { wholeOf } from "./whole-of-stream.ts";

/**
 * The Messages API of Anthropic (platform.claude.com/docs/en/api/messages), API versions 2023-06-01
 * and 2026-10-21, streamed and whole.
 */
export const anthropicMessages: Protocol = {
  name: "anthropic-messages",
  plane: "llm",
  matches: (method, path) => method === "POST" && path.endsWith("/v1/messages"),
  words: (path, headers) =>
    /\/v1\/messages(?:\/|$)/.test(path) ||
    (path.includes("/v1/") && headers["anthropic-version"] !== undefined),
  // platform.claude.com/docs/en/api/overview, "Authentication".
  credential: { header: "x-api-key", scheme: "" },
  readPrompt: (body, path) => readPrompt(textOf(body), path),
  editPrompt,
  editBody: (prompt, edits) => Buffer.from(editPrompt(prompt, edits)),
  continuePrompt,
  readAnswer,
  editAnswer,
  openReader: () => new MessageStreamReader(),
  openWriter: () => new MessageStreamWriter(),
  forms: { identity, askStream, wholeOf, cutShort, goOn, streamOf },
  assistantMessages,
  shownHash: ({ text, calls }) => saidHash({ role: "assistant", text, calls, results: [], rest: [] }),
  resultMessages,
  refuse,
  fetchedAnswer: () => null,
  refuseKept: refuseThread,
  bindsThinking,
};
