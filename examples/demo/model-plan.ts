import { isObject, objects, type Answer, type Json, type ScriptRequest } from "../provider/answer.ts";
import { blocksOf } from "../provider/thinking.ts";

// What the model of the demo does. It makes the mistake that models make, corrects itself when it is
// told what was wrong, and otherwise works through what it is asked.

/** Wrong type, a parameter that is not there, and one missing. */
const wrongArguments = { amount: "five euros", reciever: "Ada" };
const rightArguments = (order: string): Json => ({ amount: 5, currency: "EUR", order });

interface Step {
  readonly call: string | undefined;
  readonly args: Json;
  readonly result: string | undefined;
}

/** What happened since the user spoke last. */
interface Progress {
  readonly question: string;
  readonly steps: readonly Step[];
}

export function modelPlan(request: ScriptRequest): Answer {
  if (request.protocol === null) return { status: 404, headers: {}, body: "" };
  const { question, steps } =
    request.protocol === "openai-chat" ? chatProgress(request.parsed) : anthropicProgress(request.parsed);
  const [what = "", which = ""] = question.split(" ");
  if (what === "Read") {
    return steps.length === 0
      ? { text: "Let me read it.", calls: [{ name: "read_page", arguments: { page: which } }] }
      : { text: `I have read page ${which}.` };
  }
  const last = steps.at(-1);
  // A charge is confirmed by its id; anything else that came back is a complaint about the arguments.
  const isRefused =
    last !== undefined &&
    last.args["amount"] === wrongArguments.amount &&
    !/charge_\d/.test(last.result ?? "");
  if (last !== undefined && !isRefused) return { text: `Order ${which}: ${last.result ?? ""}` };
  const isSlip = what === "Slip" && last === undefined;
  return {
    text: "I will charge the card.",
    calls: [{ name: "charge", arguments: isSlip ? wrongArguments : rightArguments(which) }],
  };
}

function chatProgress(body: Json): Progress {
  const messages = objects(body["messages"]);
  const from = messages.findLastIndex((message) => message["role"] === "user");
  const rest = messages.slice(from + 1);
  const steps = rest
    .flatMap((message) => objects(message["tool_calls"]))
    .map((call) => {
      const called = isObject(call["function"]) ? call["function"] : {};
      const result = rest.find((message) => message["tool_call_id"] === call["id"]);
      return step(called["name"], called["arguments"], result);
    });
  return { question: textOf(messages[from] ?? {}), steps };
}

function isQuestion(message: Json): boolean {
  return message["role"] === "user" && blocksOf(message).some((block) => block["type"] === "text");
}

function anthropicProgress(body: Json): Progress {
  const messages = objects(body["messages"]);
  const from = messages.findLastIndex(isQuestion);
  const blocks = messages.slice(from + 1).flatMap(blocksOf);
  const steps = blocks
    .filter((block) => block["type"] === "tool_use")
    .map((use) =>
      step(
        use["name"],
        use["input"],
        blocks.find((block) => block["tool_use_id"] === use["id"]),
      ),
    );
  return { question: textOf(messages[from] ?? {}), steps };
}

function step(name: unknown, args: unknown, result: Json | undefined): Step {
  const parsed: unknown = typeof args === "string" ? JSON.parse(args) : args;
  return {
    call: typeof name === "string" ? name : undefined,
    args: isObject(parsed) ? parsed : {},
    result: result === undefined ? undefined : textOf(result),
  };
}

function textOf(message: Json): string {
  return blocksOf(message)
    .map((block) => (typeof block["text"] === "string" ? block["text"] : ""))
    .join("\n");
}

/** Every result of a tool that a request shows to the model. */
export function resultsIn(request: ScriptRequest): string[] {
  return objects(request.parsed["messages"]).flatMap((message) => {
    if (message["role"] === "tool") return [textOf(message)];
    return blocksOf(message)
      .filter((block) => block["type"] === "tool_result")
      .map(textOf);
  });
}
