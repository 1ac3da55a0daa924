import type { NewFact } from "../../exchange/fact.ts";
import type { PromptRewrite, PromptSubject } from "../../exchange/moments.ts";
import type { PromptEdit } from "../../exchange/prompt.ts";
import { pass, type Verdict } from "../../exchange/verdict.ts";
import { nameList } from "../../text/name-pattern.ts";
import { defineGuard } from "../guard.ts";
import type { Step } from "./rounds.ts";
import { runAtEnd, type Rules, type Run } from "./runs.ts";
import { noteToModel, observed, refusalToCaller } from "./words.ts";

interface RepeatBreakerOptions {
  readonly repeatsMax: number;
  readonly invalidCallsMax: number;
  readonly action: "tell" | "stop";
  readonly pollingTools: readonly string[];
  readonly errorTexts: readonly string[];
}

/**
 * How results begin with which clients tell a model that its call failed, where the protocol has no
 * mark for it: OpenAI's and Anthropic's tool runners, LangChain's ToolNode, OpenAI's Agents SDK.
 */
const knownErrorTexts = [
  "Error: ",
  "Error invoking tool ",
  "Error executing tool ",
  "Invalid tool_call: ",
  "An error occurred while running the tool",
  "An error occurred while parsing tool arguments",
];

export const repeatBreaker = defineGuard<RepeatBreakerOptions>({
  name: "repeat-breaker",
  version: 1,
  planes: ["llm"],
  summary: "Notices an agent that makes the same calls again and again, tells the model, then stops it.",
  options: {
    repeatsMax: {
      type: "integer",
      minimum: 0,
      maximum: 1_000,
      default: 5,
      description:
        "Equal calls with equal results in a row from which on an agent is stuck; 0 looks for none.",
    },
    invalidCallsMax: {
      type: "integer",
      minimum: 0,
      maximum: 1_000,
      default: 8,
      description: "Calls in a row that all failed from which on an agent is stuck; 0 looks for none.",
    },
    action: {
      type: "string",
      enum: ["tell", "stop"],
      default: "tell",
      description:
        "What is done: `tell` tells the model once, and refuses the request at twice the number; `stop` " +
        "refuses it at once.",
    },
    pollingTools: {
      type: "array",
      items: { type: "string", minLength: 1, maxLength: 256 },
      maxItems: 1_000,
      default: [],
      description:
        "Tools whose calls may repeat or fail, because they wait for something (`*` stands for anything).",
    },
    errorTexts: {
      type: "array",
      items: { type: "string", minLength: 1, maxLength: 256 },
      maxItems: 100,
      default: knownErrorTexts,
      description:
        "How a result begins that says that its call failed, where the protocol has no mark for it.",
    },
  },
  check: ({ repeatsMax }) =>
    repeatsMax === 1 ? ["repeatsMax must be 0 or at least 2: a first call repeats nothing."] : [],
  watch: (options) => {
    const rules = rulesOf(options);
    return { watches: { prompt: (subject) => judge(subject, rules, options.action) } };
  },
});

function rulesOf({ repeatsMax, invalidCallsMax, pollingTools, errorTexts }: RepeatBreakerOptions): Rules {
  const isPolling = nameList(pollingTools);
  return {
    repeatsMax,
    failuresMax: invalidCallsMax,
    isPolling,
    // What is waited for is often not there yet, and many tools say so with an error.
    failed: (step) => !isPolling(step.call.name) && hasFailed(step, errorTexts),
  };
}

function hasFailed({ call, result }: Step, errorTexts: readonly string[]): boolean {
  if (result?.result?.isError === true) return true;
  const [first = ""] = result?.texts ?? [];
  if (errorTexts.some((text) => first.startsWith(text))) return true;
  return call.kind === "function" && !isObjectText(call.argumentsText);
}

/** An empty text counts as `{}`: models write it for tools without parameters. */
function isObjectText(text: string): boolean {
  if (text.trim() === "") return true;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    // What cannot be parsed is what is looked for.
    return false;
  }
}

const noteKind = "repeat-note";

/** Where in a conversation the model was told, and in which words: so it stays for ever. */
interface Note {
  /** The chain up to the message behind which the note stands. */
  readonly chain: string;
  readonly text: string;
}

function judge(subject: PromptSubject, rules: Rules, action: "tell" | "stop"): Verdict<PromptRewrite> {
  const notes = knownNotes(subject);
  const edits = notes.map(({ after, text }) => insertion(after, text));
  const run = runAtEnd(subject, rules);
  if (run === undefined) return edits.length === 0 ? pass : toldBefore(edits);

  const limit = run.kind === "failed" ? rules.failuresMax : rules.repeatsMax;
  if (action === "stop" || run.count >= 2 * limit) return stopped(run);
  const last = subject.messages.length - 1;
  const chain = subject.chains[last];
  const isTold = notes.some(({ after }) => after >= run.from);
  if (isTold || chain === undefined || !subject.factsWritable) {
    return edits.length === 0 ? pass : toldBefore(edits);
  }
  const note: Note = { chain, text: noteToModel(run) };
  const fact: NewFact = { kind: noteKind, value: note };
  return {
    kind: "rewrite",
    to: { edits: [...edits, insertion(last, note.text)] },
    reason: `${observed(run)} The model is told.`,
    facts: [fact],
  };
}

/** The notes of this conversation that its history still has a place for. */
function knownNotes({ facts, chains, parts, messages }: PromptSubject): readonly {
  readonly after: number;
  readonly text: string;
}[] {
  return facts.flatMap(({ kind, value }) => {
    if (kind !== noteKind) return [];
    const { chain, text } = value as Note;
    const after = chains.lastIndexOf(chain);
    const message = messages[after];
    // With a message that a trim dropped its note has gone as well.
    return message === undefined || parts[message.partsFrom]?.dropped === true ? [] : [{ after, text }];
  });
}

function insertion(after: number, text: string): PromptEdit {
  return { kind: "insert", after, role: "user", text };
}

function toldBefore(edits: readonly PromptEdit[]): Verdict<PromptRewrite> {
  return { kind: "rewrite", to: { edits }, reason: "What the model was told about repeating itself stays." };
}

function stopped(run: Run): Verdict<PromptRewrite> {
  return { kind: "block", reason: observed(run), toModel: refusalToCaller(run), code: "run_repeating" };
}
