import { resultsIn } from "../../examples/demo/model-plan.ts";
import type { Answer, ScriptRequest } from "../../examples/provider/answer.ts";
import { chargeTool, triesMax } from "./executor.ts";

/**
 * A model that asks for the charge again whatever it is told, until it sees that the card was charged: that
 * an effect happens once must not depend on a model that does as it is told.
 */
export function stubbornModel(request: ScriptRequest): Answer {
  const order = /Charge (order-[\w-]+)/.exec(request.body)?.[1];
  if (order === undefined) return { status: 404, headers: {}, body: "" };
  const results = resultsIn(request);
  if (results.some((result) => /charges?_\d/.test(result))) return { text: "It is charged." };
  if (results.length >= triesMax) return { text: "It cannot be charged." };
  return { calls: [{ name: chargeTool.name, arguments: { order, amount: 5 } }] };
}
