import {
  objects,
  isObject,
  type Answer,
  type ScriptedCall,
  type ScriptRequest,
} from "../../examples/provider/answer.ts";
import type { Seen } from "./claude.ts";

/** What Claude Code and the provider saw, directly or through the gateway. */
export interface Outcome extends Seen {
  /** Requests to `/v1/messages` that reached the provider. */
  readonly asked: number;
  /** True where the file that the cut command would have made is there. */
  readonly cutRan: boolean;
}

export interface Case {
  readonly name: string;
  readonly question: string;
  /** What the model says, given how many of its turns this conversation has seen. */
  readonly script: (request: ScriptRequest) => Answer;
  /** What the gateway must bring about. Sentences of what is missing; empty where all is well. */
  readonly promised: (through: Outcome, direct: Outcome) => readonly string[];
}

const note = "note.txt";
const goodRead: ScriptedCall = { name: "Read", arguments: { file_path: note } };
const theEnd: Answer = { text: "The note says: buy milk." };

/** Results of tools that stand in the request, as texts. */
function results(request: ScriptRequest): string[] {
  return objects(request.parsed["messages"])
    .flatMap(({ content }) => objects(content))
    .filter(({ type }) => type === "tool_result")
    .map((block) => JSON.stringify(block["content"]));
}

/** The file was read, whatever it took. */
const wasRead = (request: ScriptRequest): boolean =>
  results(request).some((text) => text.includes("buy milk"));

/** A model whose first call is wrong, and which corrects itself once it is told. */
function correctsItself(wrong: ScriptedCall): (request: ScriptRequest) => Answer {
  return (request) => {
    if (wasRead(request)) return theEnd;
    return { calls: [results(request).length === 0 ? wrong : goodRead] };
  };
}

function missing(...claims: readonly (readonly [boolean, string])[]): readonly string[] {
  return claims.filter(([holds]) => !holds).map(([, sentence]) => sentence);
}

const answered = (seen: Outcome): readonly [boolean, string] => [
  !seen.isError && seen.result === "The note says: buy milk.",
  `the answer is ${JSON.stringify(seen.result)}`,
];

export const cases: readonly Case[] = [
  {
    name: "an answer without tools",
    question: "What does the note say?",
    script: () => theEnd,
    promised: (through) => missing(answered(through), [through.asked === 1, "it was asked more than once"]),
  },
  {
    name: "a tool, its result framed",
    question: "Read the note.",
    script: (request) => {
      if (!wasRead(request)) return { calls: [goodRead] };
      const framed = results(request).every((text) => text.includes("untrusted"));
      return framed ? theEnd : { text: "The result came without a frame." };
    },
    promised: (through) =>
      missing(answered(through), [through.calls.join() === "Read", "Read was not called"]),
  },
  {
    name: "a wrong parameter",
    question: "Read the note.",
    script: correctsItself({ name: "Read", arguments: { path: note } }),
    promised: (through, direct) =>
      missing(
        answered(through),
        [direct.wrongCalls === 1, "without the gateway the wrong call did not reach Claude Code"],
        [through.wrongCalls === 0, "the wrong call reached Claude Code"],
      ),
  },
  {
    name: "a tool that does not exist",
    question: "Read the note.",
    script: correctsItself({ name: "ReadFile", arguments: { file_path: note } }),
    promised: (through, direct) =>
      missing(
        answered(through),
        [direct.wrongCalls === 1, "without the gateway the wrong call did not reach Claude Code"],
        [through.wrongCalls === 0, "the wrong call reached Claude Code"],
      ),
  },
  {
    name: "a wrong call again and again",
    question: "Read the note.",
    script: (request) => (wasRead(request) ? theEnd : { calls: [{ name: "ReadFile", arguments: {} }] }),
    promised: (through) =>
      missing(
        [through.isError, "it ended well"],
        [through.result.includes("ReadFile"), `the sentence does not name the tool: ${through.result}`],
        [through.wrongCalls === 0, "a wrong call reached Claude Code"],
      ),
  },
  {
    name: "a stream that ends inside a command",
    question: "Make the file.",
    script: (request) =>
      request.index === 0
        ? {
            text: "I make it.",
            calls: [{ name: "Bash", arguments: { command: "touch cut.txt", description: "Make a file" } }],
            cutAfterEvents: 12,
            cut: "end",
          }
        : theEnd,
    promised: (through) => missing([!through.cutRan, "a cut command was executed"]),
  },
  {
    name: "a refusal of the provider, in its words",
    question: "What does the note say?",
    script: () => ({
      error: { status: 400, type: "invalid_request_error", message: "credit balance is too low" },
    }),
    promised: (through, direct) =>
      missing([
        through.result === direct.result && through.isError,
        `it reads ${JSON.stringify(through.result)}, directly ${JSON.stringify(direct.result)}`,
      ]),
  },
  {
    name: "an overloaded provider",
    question: "What does the note say?",
    script: (request) =>
      request.index === 0
        ? { error: { status: 529, type: "overloaded_error", message: "Overloaded", retryAfterSeconds: 1 } }
        : theEnd,
    promised: (through, direct) =>
      missing(answered(through), [
        through.asked === direct.asked,
        `it was asked ${through.asked} times, directly ${direct.asked}`,
      ]),
  },
];

/** Headers of Claude Code's published contract with gateways: these reach the provider byte for byte. */
const contract = ["anthropic-version", "anthropic-beta", "user-agent", "x-app", "x-api-key", "content-type"];

/** What of the contract was not kept in a request that came through the gateway. */
export function contractFaults(through: ScriptRequest, direct: ScriptRequest): readonly string[] {
  const differing = contract.filter((name) => through.headers[name] !== direct.headers[name]);
  const kept = through.headers["x-claude-code-session-id"] !== undefined;
  const firstOf = (request: ScriptRequest): string | undefined => {
    const [first] = objects(request.parsed["system"]);
    return isObject(first) ? String(first["text"]).split(" ")[0] : undefined;
  };
  return [
    ...differing.map((name) => `the header ${name} is not the one that was sent`),
    ...(kept ? [] : ["the id of the Claude Code run is missing"]),
    ...(firstOf(through) === firstOf(direct) ? [] : ["the first block of the system prompt is another one"]),
    ...(through.path === direct.path ? [] : [`the path is ${through.path}`]),
  ];
}
