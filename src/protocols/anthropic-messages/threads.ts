import type { Prompt } from "../../exchange/prompt.ts";
import { parseAt } from "../../wire/json-text.ts";
import type { WholeAnswer } from "../protocol.ts";
import { objectOf } from "../../wire/json-value.ts";
import { layoutOf, valueOf } from "./layout.ts";

/**
 * Refuses message threads, in which the provider keeps the conversation and the request carries only
 * what is new in it: nothing could be judged, trimmed or repaired. The SDK answers the error codes
 * of the API itself: on `thread_unsupported_request` it sends this and all later turns with the full
 * history, tools and no thread; on `thread_not_found` it replays the conversation as a new thread,
 * which then meets the first.
 */
export function refuseThread(prompt: Prompt): WholeAnswer | null {
  const { members } = layoutOf(prompt);
  const span = valueOf(prompt.text, members, "thread");
  if (span === undefined) return null;
  return objectOf(parseAt(prompt.text, span))?.["type"] === "continue"
    ? answer(404, "not_found_error", "thread_not_found", "This thread is not stored here.")
    : answer(
        400,
        "invalid_request_error",
        "thread_unsupported_request",
        "Threads are not supported here. Send the full conversation without `thread`.",
      );
}

function answer(status: number, type: string, code: string, message: string): WholeAnswer {
  return {
    status,
    headers: { "content-type": "application/json", "x-should-retry": "false" },
    body: JSON.stringify({
      type: "error",
      error: { type, message, details: { error_code: code } },
      request_id: null,
    }),
  };
}
