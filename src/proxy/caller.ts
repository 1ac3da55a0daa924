import type { IncomingMessage } from "node:http";
import { LongstopError } from "../exchange/error.ts";
import type { Caller } from "../exchange/exchange.ts";
import { readName, type Route } from "./routes.ts";
import { isOwnHeader } from "./upstream-headers.ts";

/** The tenant of `tenancy: single`. */
export const singleTenant = "local";

/** The headers of a request that say who calls: none of most, so that a table of them all is not made. */
export function callerHeaders(
  incoming: Pick<IncomingMessage, "rawHeaders" | "headersDistinct">,
): DistinctHeaders {
  const { rawHeaders } = incoming;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (isOwnHeader(rawHeaders[i] as string)) return incoming.headersDistinct;
  }
  return {};
}

/** Headers with every value apart, as in `IncomingMessage.headersDistinct`; names are lower case. */
type DistinctHeaders = Readonly<NodeJS.Dict<string[]>>;

/**
 * Who is calling, from the URL and the `Longstop-*` headers. A header that says something else than
 * the URL, or stands twice, is a fault of the caller's set-up that would mix two runs, or join their
 * names to a third: `header_conflict`.
 */
export function readCaller(route: Route, headers: DistinctHeaders, tenant: string = singleTenant): Caller {
  const run = agree("run", route.run, headers["longstop-run"]);
  const stage = agree("stage", route.stage, headers["longstop-stage"]);
  const attempt = agree("attempt", route.attempt, headers["longstop-attempt"]);
  if (run === null && (stage !== null || attempt !== null)) {
    throw new LongstopError(
      "request_malformed",
      "Longstop-Stage and Longstop-Attempt need a run: send Longstop-Run, or /run/<run>/ in the base URL.",
    );
  }
  const agent = agree("agent", null, headers["longstop-agent"]);
  return { tenant, run: { id: run, stage, attempt }, agent };
}

function agree(what: string, fromUrl: string | null, written: readonly string[] | undefined): string | null {
  const [header, ...more] = written ?? [];
  if (header === undefined) return fromUrl;
  if (more.length > 0) {
    throw new LongstopError("header_conflict", `The header Longstop-${what} stands more than once.`);
  }
  const named = readName(header.replaceAll("%", "%25"), what);
  if (fromUrl !== null && fromUrl !== named) {
    throw new LongstopError(
      "header_conflict",
      `The ${what} in the URL (${JSON.stringify(fromUrl)}) is not the one in Longstop-${what} ` +
        `(${JSON.stringify(named)}).`,
    );
  }
  return named;
}
