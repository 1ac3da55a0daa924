import { readFileSync } from "node:fs";
import { onTestFinished } from "vitest";
import { parseDocument } from "yaml";
import { ArgumentCheck } from "../../../src/validators/argument-check.ts";
import type { ArgumentFault } from "../../../src/validators/openapi/call-in-words.ts";
import type { ApiDocument } from "../../../src/validators/openapi/operation.ts";
import {
  OperationCheck,
  type CallVerdict,
  type OperationRules,
} from "../../../src/validators/openapi/operation-check.ts";
import type { CallRequest } from "../../../src/validators/openapi/read-call.ts";
import { readDocument } from "../../../src/validators/openapi/read-document.ts";

export const bookshop: unknown = parseDocument(
  readFileSync(new URL("../../fixtures/openapi/bookshop.yaml", import.meta.url), "utf8"),
).toJS();

/** The document, which has to be without faults. */
export function documentOf(root: unknown): ApiDocument {
  const read = readDocument(root);
  if ("faults" in read) throw new Error(JSON.stringify(read.faults, null, 1));
  return read;
}

/** Faults as `pointer: expected, found`. */
export function faultsOf(root: unknown): readonly string[] {
  const read = readDocument(root);
  return "faults" in read
    ? read.faults.map(({ pointer, expected, found }) => `${pointer}: ${expected}, ${found}`)
    : [];
}

export interface TestCall {
  readonly headers?: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  readonly body?: unknown;
  /** Left out, JSON. */
  readonly type?: string;
}

/** A call as it would arrive: `POST /v2/orders?a=1`. */
export function requestOf(line: string, { headers = [], body, type }: TestCall = {}): CallRequest {
  const [method = "", target = ""] = line.split(" ");
  const [path = "", query] = target.split("?");
  const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
  const own = Symbol.iterator in headers ? [...headers] : Object.entries(headers);
  const typed = body === undefined ? [] : [["Content-Type", type ?? "application/json"] as const];
  return {
    method,
    path,
    query: query === undefined ? "" : `?${query}`,
    headers: [...own, ...typed],
    body: Buffer.from(text ?? ""),
  };
}

/** The check of arguments as the gateway has it; whoever opens it closes it. */
export function openArguments(): ArgumentCheck {
  const mebibyte = 1_048_576;
  return new ArgumentCheck({
    unknownParameters: "pass",
    nulls: "block",
    coerce: "off",
    formats: new Set(),
    faultsMax: 50,
    argumentsBytesMax: mebibyte,
    schemaBytesMax: 2 * mebibyte,
    schemaVisitsMax: 50_000,
    schemaTimeoutMs: 2_000,
    schemaHeapMegabytesMax: 128,
    schemaCacheBytesMax: 64 * mebibyte,
  });
}

/** An upstream whose URL has the path `/v2`. */
export const usualRules: OperationRules = {
  unknownParameters: "refuse",
  unknownOperations: "refuse",
  suppliedHeaders: new Set(),
  upstreamPath: "/v2",
};

export function checkOf(root: unknown, rules: Partial<OperationRules> = {}): OperationCheck {
  const check = openArguments();
  onTestFinished(() => check.close());
  return new OperationCheck(documentOf(root), { ...usualRules, ...rules }, check);
}

/** Faults as `query /limit: message`; none where the call fits. */
export async function complaints(
  check: OperationCheck,
  line: string,
  call: TestCall = {},
): Promise<readonly string[]> {
  const verdict = await check.check(requestOf(line, call));
  if (verdict.kind === "unchecked") return [`unchecked: ${verdict.why}`];
  return faultsIn(verdict).map((fault) => `${fault.in} ${fault.pointer}: ${fault.message}`);
}

export function faultsIn(verdict: CallVerdict): readonly ArgumentFault[] {
  return verdict.kind === "faulty" || verdict.kind === "unknown-operation" ? verdict.faults : [];
}
