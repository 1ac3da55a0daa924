import { isObject, objects, type Answer, type Json, type ScriptRequest } from "../provider/answer.ts";

// What the model does: twelve turns that settle five orders, with eight effects. What it says depends on the
// conversation alone, so that two runs can be compared; the ids of its calls are new each time it is asked.

interface Wanted {
  readonly name: "list_orders" | "stock" | "charge" | "email";
  readonly arguments: Readonly<Record<string, string | number>>;
}

const charge = (order: string, amount: number): Wanted => ({ name: "charge", arguments: { order, amount } });
const email = (order: string): Wanted => ({ name: "email", arguments: { order, text: "Paid. Thank you." } });
const stock = (city: string): Wanted => ({ name: "stock", arguments: { city } });

/** What each turn asks for; the last one asks for nothing, and sums up. */
const turns: readonly (readonly Wanted[])[] = [
  [{ name: "list_orders", arguments: { city: "Oslo" } }],
  [charge("a", 10)],
  [email("a")],
  // Two calls in one turn.
  [charge("b", 20), charge("c", 30)],
  [email("b")],
  [stock("Bergen")],
  [charge("d", 40)],
  [stock("Bodø")],
  // Equal to the letter, and meant so: two instalments.
  [charge("e", 5)],
  [charge("e", 5)],
  [stock("Alta")],
  [],
];

export const turnCount = turns.length;

/** Calls with a consequence outside, in order: the path and the body that the tool must see, each once. */
export const effects: readonly { readonly path: string; readonly body: string }[] = turns
  .flat()
  .filter(isEffect)
  .map(({ name, arguments: body }) => ({ path: `/${name}s`, body: JSON.stringify(body) }));

/** Every step of the agent, in order: `turn 1`, `turn 2`, `effect 1`, … */
export const steps: readonly string[] = stepsOf();

/** Tokens that the model counts for a turn, from 1: more each time, as the conversation grows. */
export function tokensOf(turn: number): number {
  return 500 + 100 * turn + 20;
}

/** The model's answer, and how many turns of this conversation came before. */
export function crashPlan({ parsed }: ScriptRequest): Answer {
  const messages = objects(parsed["messages"]);
  const turn = messages.filter(({ role }) => role === "assistant").length;
  const usage = { input: 500 + 100 * (turn + 1), output: 20 };
  const calls = turns[turn];
  if (calls === undefined) throw new Error(`nobody should ask for turn ${turn + 1}`);
  if (calls.length === 0) return { text: summary(messages), usage };
  return { text: `Step ${turn + 1}.`, calls, usage };
}

/** Says what the tools answered, but for the ids that they gave. */
function summary(messages: readonly Json[]): string {
  const results = messages.filter(({ role }) => role === "tool").map(({ content }) => parsedText(content));
  const charged = results.map(({ amount }) => (typeof amount === "number" ? amount : 0));
  const receipts = results.filter(({ id }) => typeof id === "string");
  const sum = charged.reduce((all, one) => all + one, 0);
  return `${receipts.length} receipts; ${sum} EUR charged; ${results.length} results read.`;
}

function parsedText(content: unknown): Json {
  const value: unknown = typeof content === "string" ? JSON.parse(content) : null;
  return isObject(value) ? value : {};
}

function isEffect({ name }: Wanted): boolean {
  return name === "charge" || name === "email";
}

function stepsOf(): readonly string[] {
  let effect = 0;
  return turns.flatMap((calls, turn) => [
    `turn ${turn + 1}`,
    ...calls.filter(isEffect).map(() => `effect ${(effect += 1)}`),
  ]);
}
