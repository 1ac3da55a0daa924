import type { LongstopError } from "../../exchange/error.ts";
import { applyEdits, setMembers } from "../../wire/json-edit.ts";
import { rootSpan } from "../../wire/json-text.ts";
import { objectOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import { eventFrame } from "../../wire/sse.ts";
import { errorBody } from "../openai-errors.ts";

/**
 * What ends a stream that cannot end well. The SDK and frameworks look for the event `error`, whose
 * nested form is what the provider sends; the response itself is then told to have failed.
 */
export function failedFrames(
  error: LongstopError,
  envelope: string | undefined,
  items: readonly string[],
  number: number,
): Uint8Array {
  const said = { type: "error", sequence_number: number, error: errorBody(error) };
  const first = eventFrame({ event: "error", data: JSON.stringify(said) });
  if (envelope === undefined) return first;
  const response = applyEdits(
    envelope,
    setMembers(envelope, rootSpan(envelope), [
      ["status", '"failed"'],
      ["error", JSON.stringify({ code: error.code, message: error.message })],
      ["output", `[${items.join(",")}]`],
    ]),
  );
  const data = `{"type":"response.failed","sequence_number":${number + 1},"response":${response}}`;
  return Buffer.concat([first, eventFrame({ event: "response.failed", data })]);
}

/** The provider's own reason for a response that failed, as the event that clients look for. */
export function errorOfFailed(response: JsonObject, number: number): Uint8Array {
  const reason = objectOf(response["error"]) ?? {};
  const error = {
    type: "server_error",
    code: stringOf(reason["code"]) ?? null,
    message: stringOf(reason["message"]) ?? "The model's answer failed.",
    param: null,
  };
  return eventFrame({
    event: "error",
    data: JSON.stringify({ type: "error", sequence_number: number, error }),
  });
}
