import type { DecidedCall } from "../../exchange/run-facts.ts";
import type { MappedCall } from "./mapped-call.ts";
import { nullHash } from "./value-hash.ts";

/**
 * The arguments in which a call differs from a decision of the same name, of those that its mapping names:
 * all others make no difference. What is null counts as not there.
 */
export function differences(call: MappedCall, decision: DecidedCall): readonly string[] {
  const decided = new Map(decision.arguments);
  return [...call.arguments].flatMap(([name, value]) => {
    const hash = decided.get(name) ?? nullHash;
    return (value?.hashes ?? [nullHash]).includes(hash) ? [] : [name];
  });
}

export function carriesOut(call: MappedCall, decision: DecidedCall): boolean {
  return call.mapping.tool === decision.name && differences(call, decision).length === 0;
}
