import { LongstopError } from "../exchange/error.ts";
import type { Prompt, ToolOffer } from "../exchange/prompt.ts";

/**
 * Refuses a request that forces what it may not have: a call of a tool that was refused, one of
 * several that all were, or of any tool where none is left. Without the choice the model would
 * answer something that the client did not ask for. `left` are the offers that were not refused.
 */
export function refuseForcedTool({ offers, toolChoice }: Prompt, left: readonly ToolOffer[]): void {
  if (left.length === offers.length) return;
  if (toolChoice.kind === "required" && left.length === 0) {
    throw new LongstopError(
      "tool_choice_refused",
      "The request forces a call of a tool, and none of the tools that it offers is allowed here. " +
        "Leave the choice to the model, or offer another tool.",
    );
  }
  if (toolChoice.kind !== "named") return;
  const allowed = new Set(left.map(({ name }) => name));
  const refused = new Set(offers.map(({ name }) => name).filter((name) => !allowed.has(name)));
  // A name that is not offered at all is the provider's to refuse.
  if (toolChoice.names.length === 0 || !toolChoice.names.every((name) => refused.has(name))) return;
  throw new LongstopError(
    "tool_choice_refused",
    `The request forces the tool ${toolChoice.names.join(", ")}, which is not allowed here. ` +
      "Force another one, or leave the choice to the model.",
  );
}
