import { LongstopError } from "../exchange/error.ts";
import { pass } from "../exchange/verdict.ts";
import { sha256Hex } from "../text/hash.ts";
import { ArgumentCheck, type Checked } from "../validators/argument-check.ts";
import { formatNames } from "../validators/formats.ts";
import { checkGrammar, type GrammarFinding } from "../validators/grammar-check.ts";
import { OverLimit } from "../validators/schema.ts";
import {
  faultsInWords,
  grammarInWords,
  truncatedInWords,
  unknownToolInWords,
} from "../validators/wording.ts";
import { defineGuard, type Ports, type Watcher } from "./guard.ts";
import type { CallRewrite, CallSubject } from "../exchange/moments.ts";
import type { ToolOffer } from "../exchange/prompt.ts";
import type { Verdict } from "../exchange/verdict.ts";

export interface ToolSchemaOptions {
  readonly unknownParameters: "block" | "strip" | "pass";
  readonly nulls: "allow" | "strip" | "block";
  readonly coerce: "off" | "lossless";
  readonly formatsEnforced: readonly string[];
  readonly faultsMax: number;
  readonly argumentsBytesMax: number;
  readonly schemaBytesMax: number;
  readonly schemaVisitsMax: number;
  readonly schemaTimeoutMs: number;
  readonly schemaHeapMegabytesMax: number;
  readonly schemaCacheBytesMax: number;
}

type CallVerdict = Verdict<CallRewrite>;

const mebibyte = 1_048_576;

/**
 * Every tool call against the tools that were offered: the name, the JSON form and the arguments,
 * with all faults at once in words that let the model correct itself.
 */
export const toolSchema = defineGuard<ToolSchemaOptions>({
  name: "tool-schema",
  version: 2,
  planes: ["llm"],
  summary: "Refuses calls of tools that were not offered, and arguments that do not fit the tool's schema.",
  options: {
    unknownParameters: {
      type: "string",
      enum: ["block", "strip", "pass"],
      default: "block",
      description:
        "A parameter that the schema does not name, where it names its parameters and says nothing " +
        "of others: refuse the call, take the parameter out, or let it pass.",
    },
    nulls: {
      type: "string",
      enum: ["allow", "strip", "block"],
      default: "allow",
      description:
        "An explicit null for an optional parameter whose schema has no null: let it stand, take it " +
        "out, or refuse the call.",
    },
    coerce: {
      type: "string",
      enum: ["off", "lossless"],
      default: "off",
      description:
        "Whether a scalar of a wrong type is given the type that the schema wants where that loses " +
        'nothing ("5" for an integer).',
    },
    formatsEnforced: {
      type: "array",
      items: { type: "string", enum: formatNames },
      uniqueItems: true,
      default: [],
      description: 'Values of "format" that are enforced; all others are annotations, as in JSON Schema.',
    },
    faultsMax: {
      type: "integer",
      minimum: 1,
      maximum: 200,
      default: 20,
      description: "Faults that the model is told of at once; how many more there are is said.",
    },
    argumentsBytesMax: {
      type: "integer",
      minimum: 1_024,
      default: mebibyte,
      description: "Bytes of one call's arguments. Beyond it the guard fails, and `onError` decides.",
    },
    schemaBytesMax: {
      type: "integer",
      minimum: 1_024,
      default: mebibyte / 2,
      description: "Bytes of one tool's schema. Beyond it the guard fails, and `onError` decides.",
    },
    schemaVisitsMax: {
      type: "integer",
      minimum: 1_000,
      default: 50_000,
      description:
        "Subschemas that one check may visit in the gateway's own thread, every reference followed " +
        "each time. Beyond it the check runs in a confined thread.",
    },
    schemaTimeoutMs: {
      type: "integer",
      minimum: 50,
      default: 2_000,
      description:
        "Milliseconds that compiling and checking may take in the confined thread. Beyond it the " +
        "guard fails, and `onError` decides.",
    },
    schemaHeapMegabytesMax: {
      type: "integer",
      minimum: 32,
      default: 128,
      description:
        "Megabytes of heap of the confined thread. Beyond it the guard fails, and `onError` decides.",
    },
    schemaCacheBytesMax: {
      type: "integer",
      minimum: mebibyte,
      default: 64 * mebibyte,
      description: "Bytes, roughly, that schemas kept ready may take.",
    },
  },
  watch: watchCalls,
});

function watchCalls(options: ToolSchemaOptions, ports: Ports): Watcher {
  const check = new ArgumentCheck({ ...options, formats: new Set(options.formatsEnforced) });
  return {
    watches: { call: (subject) => judge(subject, check, ports) },
    close: async () => check.close(),
  };
}

function judge(subject: CallSubject, check: ArgumentCheck, ports: Ports): CallVerdict | Promise<CallVerdict> {
  const { call, offers, plane } = subject;
  // What was offered is known where a model chose from it; elsewhere only if the engine found it.
  if (offers.length === 0 && plane !== "llm") return pass;
  const offer = offers.find(({ name }) => name === call.name);
  if (offer === undefined)
    return subject.offersElsewhere === true ? unseenTool(subject, ports) : unknownTool(subject);
  if (subject.truncated) return block("The token limit cut the call.", truncatedInWords(call.name));
  if (call.kind === "custom") return judgeText(subject, offer, ports);
  if (offer.kind !== "function") return pass;
  const failed = (thrown: unknown): never => notChecked(call.name, thrown);
  try {
    const checked = check.check(call.argumentsText, offer.schemaText);
    if (!(checked instanceof Promise)) return verdictOf(checked, subject, offer, ports);
    return checked.then((one) => verdictOf(one, subject, offer, ports), failed);
  } catch (thrown) {
    return failed(thrown);
  }
}

function notChecked(tool: string, thrown: unknown): never {
  if (!(thrown instanceof OverLimit)) throw thrown;
  const sentence = `The call of ${named(tool)} could not be checked: ${thrown.message}.`;
  throw new LongstopError("guard_failed", sentence, { cause: thrown });
}

/** Free text is checked where a regular expression describes it; other grammars the provider keeps. */
function judgeText({ call }: CallSubject, { name, grammar }: ToolOffer, ports: Ports): CallVerdict {
  if (grammar?.syntax !== "regex") return pass;
  const { definition } = grammar;
  let finding: GrammarFinding;
  try {
    finding = checkGrammar(definition, call.argumentsText);
  } catch (thrown) {
    return notChecked(call.name, thrown);
  }
  if (finding === "fits") return pass;
  if (finding === "does-not-fit") {
    return block(
      `The input of ${named(call.name)} does not match its grammar.`,
      grammarInWords(call.name, definition),
    );
  }
  const sentence = `The grammar of the tool ${named(name)} is not enforced: ${finding.unsupported}.`;
  ports.report(`${name} ${sha256Hex(definition).slice(0, 16)}`, sentence);
  return pass;
}

/** A tool that only the provider knows: there is no schema here to hold its call against. */
function unseenTool({ call }: CallSubject, ports: Ports): CallVerdict {
  ports.report(
    `unseen tool ${call.name}`,
    `Calls of the tool ${named(call.name)} are not checked: it is offered by the provider (a stored prompt ` +
      "or a cache), and its schema is not in the request.",
  );
  return pass;
}

function unknownTool({ call, offers }: CallSubject): CallVerdict {
  const names = offers.map(({ name }) => name);
  return block(`There is no tool ${named(call.name)}.`, unknownToolInWords(call.name, names));
}

function verdictOf(checked: Checked, { call }: CallSubject, offer: ToolOffer, ports: Ports): CallVerdict {
  if (checked.notes.length > 0) {
    const subject = `${offer.name} ${sha256Hex(offer.schemaText ?? "").slice(0, 16)}`;
    ports.report(subject, `Tool ${named(offer.name)} is not checked in full. ${checked.notes.join(" ")}`);
  }
  if (checked.kind === "faulty") {
    const kinds = [...new Set(checked.faults.map(({ kind }) => kind))].join(", ");
    const reason = `The arguments of ${named(call.name)} do not fit: ${kinds}.`;
    return block(reason, faultsInWords(call.name, checked.faults, checked.more));
  }
  if (checked.text === call.argumentsText) return pass;
  return {
    kind: "rewrite",
    to: { argumentsText: checked.text },
    reason: checked.changes.slice(0, 10).join(" "),
  };
}

function block(reason: string, toModel: string): CallVerdict {
  return { kind: "block", reason, toModel };
}

function named(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 79)}…` : name);
}
