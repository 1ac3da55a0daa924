import type { Finish, TurnCall, Usage } from "../../exchange/turn.ts";
import { numberOf, objectOf, objectsOf, type JsonObject } from "../../wire/json-value.ts";
import { readContent } from "./content.ts";
import { callIn, isClientCall } from "./item-call.ts";

/** What a client sees as the text of an item: that of a message, refusals included. */
export function textOfItem(item: JsonObject): string {
  return item["type"] === "message" ? readContent(item["content"]).texts.join("") : "";
}

function refuses(item: JsonObject): boolean {
  return objectsOf(item["content"]).some(({ type }) => type === "refusal");
}

/** States of an answer that is still under way: asked for in the background, or fetched too early. */
const underWay: ReadonlySet<unknown> = new Set(["queued", "in_progress"]);

export function isUnderWay(response: JsonObject): boolean {
  return underWay.has(response["status"]);
}

/**
 * True where the provider makes the answer to its end without us:
 * https://platform.openai.com/docs/guides/background
 */
export function isBackground(response: JsonObject): boolean {
  return response["background"] === true;
}

/**
 * Why the model stopped, in our words, or null while the answer is under way. The wire has no such
 * word: a model that calls has calls in its output.
 */
export function finishOf(response: JsonObject, items: readonly JsonObject[]): Finish | null {
  if (isUnderWay(response)) return null;
  switch (response["status"]) {
    case "incomplete":
      return incompleteFor(objectOf(response["incomplete_details"])?.["reason"]);
    case "failed":
    case "cancelled":
      return "other";
    default:
      // Servers that speak the protocol may leave the status out.
      if (items.some(isClientCall)) return "calls";
      return items.some(refuses) ? "refusal" : "stop";
  }
}

function incompleteFor(reason: unknown): Finish {
  if (reason === "max_output_tokens") return "length";
  return reason === "content_filter" ? "refusal" : "other";
}

/**
 * The calls of an answer that the client would execute. An answer that did not come to its end is cut
 * inside its last item, whole as that may look; of one under way no call is whole yet.
 */
export function clientCalls(
  response: JsonObject,
  items: readonly JsonObject[],
  argumentsOf: (item: JsonObject, index: number) => string | undefined = () => undefined,
): TurnCall[] {
  const calls: TurnCall[] = [];
  for (const [index, item] of items.entries()) {
    const call = callIn(item);
    if (call?.by !== "client") continue;
    const { id, name, kind } = call;
    const isLast = index === items.length - 1;
    const cut = item["status"] === "incomplete" || item["status"] === "in_progress" || isLast;
    calls.push({
      choice: 0,
      position: calls.length,
      id,
      name,
      kind,
      argumentsText: argumentsOf(item, index) ?? call.argumentsText,
      truncated: isUnderWay(response) || (response["status"] === "incomplete" && cut),
    });
  }
  return calls;
}

/** Names of the calls that are not held: those of the provider, and of code that runs there. */
export function providerCallsIn(items: readonly JsonObject[]): string[] {
  return items.flatMap((item) => {
    const call = callIn(item);
    return call === undefined || call.by === "client" ? [] : [call.name];
  });
}

export function usageOf(value: unknown): Usage | undefined {
  const usage = objectOf(value);
  if (usage === undefined) return undefined;
  const details = objectOf(usage["input_tokens_details"]);
  return {
    inputTokens: numberOf(usage["input_tokens"]),
    outputTokens: numberOf(usage["output_tokens"]),
    cacheReadTokens: numberOf(details?.["cached_tokens"]),
    cacheWriteTokens: numberOf(details?.["cache_write_tokens"]),
  };
}
