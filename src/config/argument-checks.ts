import { ArgumentCheck } from "../validators/argument-check.ts";
import { OperationCheck, type CallVerdict } from "../validators/openapi/operation-check.ts";
import type { CallRequest } from "../validators/openapi/read-call.ts";
import type { KeyedService } from "../exchange/keyed-service.ts";
import type { ToolConfig } from "./config.ts";

/** What the calls of a tool are held against. */
interface CheckInForce {
  readonly mode: "report" | "enforce";
  check(request: CallRequest): Promise<CallVerdict>;
}

/** What the gateway itself knows of a tool. */
interface KnownTarget {
  /** Empty, or a path without a closing slash. */
  readonly basePath: string;
  readonly idempotencyHeader?: string;
  /** Rows of the table of services: their headers are put in, too. */
  readonly services?: readonly KeyedService[];
  readonly credential?: { readonly header: string | null };
}

/**
 * The check that the calls of every tool go through. It knows schemas by their text, so it lives as long
 * as the gateway. The bounds are those of the tool-schema guard, wider where a document is an operator's.
 */
export function openArgumentCheck(): ArgumentCheck {
  return new ArgumentCheck({
    // Schemas of operations say themselves what is open.
    unknownParameters: "pass",
    nulls: "block",
    coerce: "off",
    formats: new Set(),
    faultsMax: 50,
    argumentsBytesMax: 2 ** 20,
    schemaBytesMax: 2 ** 22,
    schemaVisitsMax: 50_000,
    schemaTimeoutMs: 5_000,
    schemaHeapMegabytesMax: 256,
    schemaCacheBytesMax: 2 ** 27,
  });
}

/** The check of one tool; nothing where its calls are not checked. */
export function checkInForce(
  { arguments: written }: ToolConfig,
  { basePath, idempotencyHeader = "Idempotency-Key", services = [], credential }: KnownTarget,
  argumentCheck: ArgumentCheck,
): { readonly arguments?: CheckInForce } {
  if (written === undefined || written.mode === "off") return {};
  const { mode, unknownOperations, unknownParameters, basePath: documented } = written;
  const supplied = [
    idempotencyHeader,
    ...services.flatMap(({ key }) => (key.in === "header" ? [key.name] : [])),
    ...(credential === undefined ? [] : [credential.header ?? "authorization"]),
  ];
  const rules = {
    unknownOperations,
    unknownParameters,
    suppliedHeaders: new Set(supplied.map((name) => name.toLowerCase())),
    upstreamPath: basePath,
    ...(documented === undefined ? {} : { basePath: documented }),
  };
  const check = new OperationCheck(written.read.document, rules, argumentCheck);
  return { arguments: { mode, check: (request) => check.check(request) } };
}
