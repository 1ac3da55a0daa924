import type { KeyedService } from "../../exchange/keyed-service.ts";
import type { SaidTerms, ToolTarget } from "../settings.ts";
import { fitsPath } from "./path-pattern.ts";
import { pathReadings } from "./path-readings.ts";

/**
 * The row that says how a call is keyed; undefined where none fits, and where the tool has a header of its
 * own. A path that may be read in several ways needs the same row in all of them: a key in a wrong
 * place is none. `path` is that behind the tool's name, without its query.
 */
export function serviceFor(tool: ToolTarget, method: string, path: string): KeyedService | undefined {
  if (tool.idempotencyHeader !== undefined) return undefined;
  const rows = tool.services.filter(({ methods }) => methods.includes(method));
  if (rows.length === 0) return undefined;
  const found = pathReadings(tool.basePath + path).map((reading) =>
    rows.find(({ paths }) => paths.some((pattern) => fitsPath(pattern, reading))),
  );
  const [first] = found;
  return found.every((one) => one === first) ? first : undefined;
}

/** What a row says about the calls that it fits. */
export function serviceTerms(service: KeyedService): SaidTerms {
  const { keyRetentionSeconds, storesErrors, conflict, ignore } = service;
  return {
    keyed: true,
    ...(keyRetentionSeconds === undefined ? {} : { keyRetentionSeconds }),
    ...(storesErrors === undefined ? {} : { storesErrors }),
    ...(conflict === "refused" ? { notExecuted: [409] } : {}),
    ...(ignore.length === 0 ? {} : { key: { include: [], ignore } }),
  };
}
