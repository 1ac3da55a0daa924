import { LRUCache } from "lru-cache";
import { OverLimit } from "../schema.ts";
import { callInWords, complaintOf, type ArgumentFault } from "./call-in-words.ts";
import { CallReader, type CallRequest, type ReadCall } from "./read-call.ts";
import { operationSchema, type SchemaRules } from "./operation-schema.ts";
import { OperationTable, type Found } from "./operation-table.ts";
import type { ArgumentCheck, Checked } from "../argument-check.ts";
import type { ApiDocument, Operation } from "./operation.ts";

export interface OperationRules extends SchemaRules {
  readonly unknownOperations: "pass" | "refuse";
  /** The path of the upstream's own URL, without a closing slash. */
  readonly upstreamPath: string;
  /** Stands before the paths of the document, in the place of what its servers have. */
  readonly basePath?: string;
}

/** What came of the check of one call. */
export type CallVerdict =
  | { readonly kind: "fits"; readonly notes: readonly string[] }
  | {
      readonly kind: "faulty" | "unknown-operation";
      readonly faults: readonly ArgumentFault[];
      /** How many further faults were found and are not listed. */
      readonly more: number;
      /** All of it in words that let a model correct itself. */
      readonly toModel: string;
      readonly notes: readonly string[];
    }
  /** A limit kept it from being looked at. */
  | { readonly kind: "unchecked"; readonly why: string };

// Texts of schemas, whose compiled form the argument check keeps: both are bounded.
const schemaCharactersMax = 16 * 1_048_576;

/** Holds calls of one upstream against the operations of its document. */
export class OperationCheck {
  readonly #document: ApiDocument;
  readonly #rules: OperationRules;
  readonly #table: OperationTable;
  readonly #reader: CallReader;
  readonly #arguments: ArgumentCheck;
  readonly #numbers = new Map<unknown, number>();
  readonly #schemas = new LRUCache<string, string>({
    maxSize: schemaCharactersMax,
    sizeCalculation: ({ length }) => length + 1,
  });

  /** The argument check may serve many. It lets unknown parameters pass: schemas here say what is open. */
  constructor(document: ApiDocument, rules: OperationRules, argumentCheck: ArgumentCheck) {
    this.#document = document;
    this.#rules = rules;
    this.#table = new OperationTable(document.operations, rules.upstreamPath, rules.basePath);
    this.#reader = new CallReader(document.root);
    this.#arguments = argumentCheck;
  }

  /** Never throws for what a caller sent. A promise where the check takes a thread. */
  async check(request: CallRequest): Promise<CallVerdict> {
    const found = this.#table.find(request.method, request.path);
    if (found.kind !== "operation") return this.#unknown(request, found);
    try {
      const call = this.#reader.read(found.operation, found.values, request);
      const checked = await this.#checked(found.operation, call);
      return verdictOf(found.operation, call, checked);
    } catch (thrown) {
      if (thrown instanceof OverLimit) return { kind: "unchecked", why: thrown.message };
      throw thrown;
    }
  }

  async #checked(operation: Operation, call: ReadCall): Promise<Checked> {
    const schema = this.#schemaOf(operation, call);
    const first = call.text(new Set());
    const checked = await this.#arguments.check(first, schema);
    if (checked.kind === "fits") return checked;
    // Where a schema allows text and numbers, what was taken for a number may have been meant as text.
    const places = new Set(checked.faults.map(({ pointer }) => placeOf(pointer)));
    const second = call.text(places);
    if (second === first) return checked;
    const again = await this.#arguments.check(second, schema);
    return again.kind === "fits" || again.faults.length < checked.faults.length ? again : checked;
  }

  #schemaOf(operation: Operation, { form }: ReadCall): string {
    const key = `${this.#numberOf(operation)} ${form?.type ?? ""}`;
    const known = this.#schemas.get(key);
    if (known !== undefined) return known;
    const made = operationSchema(this.#document, operation, form, this.#rules);
    this.#schemas.set(key, made);
    return made;
  }

  #numberOf(operation: Operation): number {
    const known = this.#numbers.get(operation);
    if (known !== undefined) return known;
    this.#numbers.set(operation, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  #unknown(request: CallRequest, found: Exclude<Found, { kind: "operation" }>): CallVerdict {
    // Another spelling of what is checked must not pass by being another spelling.
    if (found.kind !== "spelling" && this.#rules.unknownOperations === "pass")
      return { kind: "fits", notes: [] };
    const message = complaintOf(request.method, found);
    const fault: ArgumentFault = {
      in: found.kind === "method" ? "method" : "path",
      name: null,
      pointer: "",
      message,
    };
    const toModel = callInWords(request.method, "this path", [fault], 0);
    return { kind: "unknown-operation", faults: [fault], more: 0, toModel, notes: [] };
  }
}

/** `/query/limit/0` stands in `/query/limit`; what is in a body stands in its member. */
function placeOf(pointer: string): string {
  return pointer.split("/", 3).join("/");
}

function verdictOf(operation: Operation, call: ReadCall, checked: Checked): CallVerdict {
  const found = checked.kind === "faulty" ? checked.faults.map((fault) => call.faultOf(fault)) : [];
  const faults = [...call.faults, ...found];
  const { notes } = checked;
  if (faults.length === 0) return { kind: "fits", notes };
  const more = checked.kind === "faulty" ? checked.more : 0;
  const toModel = callInWords(operation.method, operation.template.written, faults, more);
  return { kind: "faulty", faults, more, toModel, notes };
}
