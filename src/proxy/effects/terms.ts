import { isDeepStrictEqual } from "node:util";
import type { KeyedService } from "../../exchange/keyed-service.ts";
import type { EffectClass, KeyFields, LookUp, SaidTerms, ToolTarget } from "../settings.ts";
import { fitsPath } from "./path-pattern.ts";
import { pathReadings, type PathReading } from "./path-readings.ts";
import { serviceFor, serviceTerms } from "./service-terms.ts";

/** What holds for one call of a tool. */
export interface EffectTerms {
  readonly effect: EffectClass;
  /** True where the service honours the idempotency key that it is sent. */
  readonly keyed: boolean;
  /** How long it remembers a key from its first use on, ms; null where that is not known. */
  readonly keyRetentionMs: number | null;
  /** True where a second execution has no second effect. */
  readonly idempotent: boolean;
  /** Statuses by which this service promises that it did not execute the call. */
  readonly notExecuted: readonly number[];
  /** True where it keeps a refusal under its key, so that only another key can be executed. */
  readonly storesErrors: boolean;
  readonly timeoutMs: number;
  /** Which fields of a call tell its operation from another one. */
  readonly key: KeyFields;
  /** Headers that make a call another operation, besides those of RFC 9110 (13.1). */
  readonly preconditions: readonly string[];
  /** Where an operation in doubt can be looked up; null: nowhere. */
  readonly lookUp: LookUp | null;
  /** The row of the table of services that says where the key goes. Left out: into a header. */
  readonly service: KeyedService | undefined;
}

const wholeCall: KeyFields = { include: [], ignore: [] };
const readMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * What holds for a call: what the first rule that fits says, and where it says nothing, the tool, and
 * where that says nothing, what is known of the service behind it.
 * A path that services read in several ways is read in all of them, and the strictest terms count.
 * `path` is that behind the tool's name, without its query.
 */
export function termsOf(tool: ToolTarget, method: string, path: string): EffectTerms {
  const service = tool.services.length === 0 ? undefined : serviceFor(tool, method, path);
  if (tool.rules.length === 0) return laidOut(method, tool, [tool], service);
  const rules = tool.rules.filter(({ methods }) => methods === undefined || methods.includes(method));
  const layered = (reading: PathReading): EffectTerms => {
    const rule = rules.find((one) => fitsPath(one.path, reading));
    return laidOut(method, tool, rule === undefined ? [tool] : [rule, tool], service);
  };
  return pathReadings(path).map(layered).reduce(strictest);
}

/** `layers` from the nearest to the farthest: the first that says something is believed. */
function laidOut(
  method: string,
  tool: ToolTarget,
  own: readonly SaidTerms[],
  service: KeyedService | undefined,
): EffectTerms {
  // Who has a header of its own, or says that keys are not honoured, knows better than the table.
  const known = own.find(({ keyed }) => keyed !== undefined)?.keyed !== false ? service : undefined;
  const layers = known === undefined ? own : [...own, serviceTerms(known)];
  const said = <Name extends keyof SaidTerms>(name: Name): SaidTerms[Name] | undefined =>
    layers.find((layer) => layer[name] !== undefined)?.[name];
  const keyed = said("keyed") ?? false;
  const retention = said("keyRetentionSeconds");
  return {
    effect: effectOf(said("effect") ?? tool.effect, method),
    keyed,
    keyRetentionMs: keyed && retention !== undefined ? retention * 1000 : null,
    idempotent: said("idempotent") ?? false,
    notExecuted: said("notExecuted") ?? [],
    storesErrors: said("storesErrors") ?? false,
    timeoutMs: said("timeoutMs") ?? tool.timeoutMs,
    key: said("key") ?? wholeCall,
    preconditions: said("preconditions") ?? [],
    lookUp: said("lookUp") ?? null,
    service: known,
  };
}

function effectOf(effect: EffectClass | "by-method", method: string): EffectClass {
  if (effect !== "by-method") return effect;
  return readMethods.has(method) ? "read" : "write";
}

const severity = { read: 0, write: 1, irreversible: 2 } as const;

/** What is true whichever of the two holds: the graver effect, and only the promises of both. */
function strictest(one: EffectTerms, other: EffectTerms): EffectTerms {
  return {
    effect: severity[one.effect] >= severity[other.effect] ? one.effect : other.effect,
    // A service that may honour keys leaves a 409 open; only one that surely does is sent them again.
    keyed: one.keyed || other.keyed,
    keyRetentionMs:
      one.keyRetentionMs === null || other.keyRetentionMs === null
        ? null
        : Math.min(one.keyRetentionMs, other.keyRetentionMs),
    idempotent: one.idempotent && other.idempotent,
    notExecuted: one.notExecuted.filter((status) => other.notExecuted.includes(status)),
    storesErrors: one.storesErrors || other.storesErrors,
    timeoutMs: Math.max(one.timeoutMs, other.timeoutMs),
    key: {
      include: isDeepStrictEqual(one.key.include, other.key.include) ? one.key.include : [],
      ignore: one.key.ignore.filter((field) => other.key.ignore.includes(field)),
    },
    preconditions: [...new Set([...one.preconditions, ...other.preconditions])],
    lookUp: isDeepStrictEqual(one.lookUp, other.lookUp) ? one.lookUp : null,
    service: one.service === other.service ? one.service : undefined,
  };
}
