import type { IncomingHttpHeaders } from "node:http";
import { LongstopError } from "../../exchange/error.ts";

/**
 * True where a client wants an answer that nobody was given yet: `Longstop-Replay: off`. Throws
 * `request_malformed` at any value but `on` and `off`.
 */
export function asksAnew(headers: IncomingHttpHeaders): boolean {
  const wish = headers["longstop-replay"];
  if (wish === undefined || wish === "on") return false;
  if (wish === "off") return true;
  throw new LongstopError(
    "request_malformed",
    `Longstop-Replay is "on" or "off", and not ${JSON.stringify(wish)}.`,
  );
}
