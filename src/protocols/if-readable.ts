import { LongstopError } from "../exchange/error.ts";
import { JsonTextError } from "../wire/json-scan.ts";
import { SseError } from "../wire/sse.ts";

/** What a reader of an answer finds; null where it throws because the answer cannot be read. */
export function ifReadable<Found>(read: () => Found | null): Found | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof JsonTextError || error instanceof SseError) return null;
    if (error instanceof LongstopError && error.code === "upstream_unreadable") return null;
    throw error;
  }
}
