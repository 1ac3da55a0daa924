import type { Exchange } from "../exchange/exchange.ts";
import type { CallRewrite, CallSubject, OfferRewrite, OfferSubject } from "../exchange/moments.ts";
import { pass, type Verdict } from "../exchange/verdict.ts";
import { nameList } from "../text/name-pattern.ts";
import { defineGuard, type Ports, type Watcher } from "./guard.ts";

/** Lists for a part of the traffic: where `targets`, `stages` and `tenants` all hold the caller's. */
interface Rule {
  readonly targets?: readonly string[];
  readonly stages?: readonly string[];
  readonly tenants?: readonly string[];
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

interface ToolListOptions {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly rules: readonly Rule[];
  readonly offersMax: number;
}

const patterns = { type: "array", items: { type: "string", minLength: 1, maxLength: 256 }, maxItems: 1_000 };

/** In a rule an empty list would say nothing, and might be meant as "none": that is `deny: ["*"]`. */
const someNames = { ...patterns, minItems: 1 };

export const toolList = defineGuard<ToolListOptions>({
  name: "tool-list",
  version: 1,
  summary: "Takes tools that are not allowed here out of every request, and refuses calls of them.",
  options: {
    allow: {
      ...patterns,
      default: [],
      description: "Tools that may be used (`*` stands for anything); none listed means all.",
    },
    deny: { ...patterns, default: [], description: "Tools that may not be used, whoever allows them." },
    rules: {
      type: "array",
      maxItems: 256,
      items: {
        type: "object",
        additionalProperties: false,
        properties: {
          targets: { ...someNames, description: "Upstreams, or tools as served, for which this counts." },
          stages: { ...someNames, description: "Stages for which this counts; it needs one to be named." },
          tenants: { ...someNames, description: "Tenants for whom this counts." },
          allow: { ...someNames, description: "As above; it narrows what the other lists allow." },
          deny: { ...someNames, description: "As above." },
        },
      },
      default: [],
      description:
        "More lists, each for some `targets`, `stages` or `tenants`; a tool must pass all that count.",
    },
    offersMax: {
      type: "integer",
      minimum: 0,
      default: 50,
      description: "More tools than this in one request are reported, never refused; 0 reports nothing.",
    },
  },
  check: ({ rules }) => rules.flatMap(faultsOf),
  watch: (options, ports) => watcherOf(options, ports),
});

function faultsOf(rule: Rule, index: number): readonly string[] {
  const { targets, stages, tenants, allow, deny } = rule;
  const place = `rules[${index}]`;
  if ((allow ?? deny) === undefined) return [`${place} needs allow or deny: it lists no tools.`];
  if ((targets ?? stages ?? tenants) === undefined) {
    return [`${place} needs targets, stages or tenants; what counts everywhere goes into allow and deny.`];
  }
  return [];
}

/** Watches no more than its options need: without lists neither offers nor calls. */
function watcherOf(options: ToolListOptions, ports: Ports): Watcher {
  const lists = [{ allow: options.allow, deny: options.deny }, ...options.rules].filter(
    ({ allow = [], deny = [] }) => allow.length + deny.length > 0,
  );
  const decisions = lists.map(decisionOf);
  const refuses = (name: string, at: Exchange): boolean => decisions.some((refused) => refused(name, at));
  const { offersMax } = options;
  return {
    watches: {
      ...(decisions.length > 0 && {
        offer: ({ offer }: OfferSubject, at: Exchange) => judgeOffer(offer.name, refuses(offer.name, at)),
        call: ({ call }: CallSubject, at: Exchange) => judgeCall(call.name, refuses(call.name, at)),
      }),
      ...(offersMax > 0 && {
        prompt: ({ offers }: { readonly offers: readonly unknown[] }, at: Exchange) => {
          if (offers.length > offersMax)
            ports.report(`tools for ${at.target}`, many(offers.length, offersMax));
          return pass;
        },
      }),
    },
  };
}

/** Whether one rule refuses a tool of this name in this exchange. */
function decisionOf(rule: Rule): (name: string, at: Exchange) => boolean {
  const isTarget = counts(rule.targets);
  const isStage = counts(rule.stages);
  const isTenant = counts(rule.tenants);
  const denied = nameList(rule.deny ?? []);
  const { allow = [] } = rule;
  const allowed = nameList(allow.length === 0 ? ["*"] : allow);
  return (name, { target, caller }) =>
    isTarget(target) &&
    isStage(caller.run.stage) &&
    isTenant(caller.tenant) &&
    (denied(name) || !allowed(name));
}

/** Everyone counts where nothing is said; nobody without a name counts where something is. */
function counts(patternsOfNames: readonly string[] | undefined): (name: string | null) => boolean {
  if (patternsOfNames === undefined) return () => true;
  const holds = nameList(patternsOfNames);
  return (name) => name !== null && holds(name);
}

function judgeOffer(name: string, refused: boolean): Verdict<OfferRewrite> {
  if (!refused) return pass;
  return { kind: "block", reason: `The tool ${shown(name)} is not allowed here.`, toModel: toModel(name) };
}

function judgeCall(name: string, refused: boolean): Verdict<CallRewrite> {
  if (!refused) return pass;
  const reason = `A call of the tool ${shown(name)}, which is not allowed here.`;
  return { kind: "block", reason, toModel: toModel(name), policy: true };
}

function toModel(name: string): string {
  return (
    `The tool ${shown(name)} is not allowed here. It was not called, and calling it again will not help. ` +
    "Go on with the other tools, or say what cannot be done."
  );
}

function many(count: number, offersMax: number): string {
  return (
    `A request offers ${count} tools, more than ${offersMax} (offersMax of tool-list). ` +
    "Models choose worse among many, and each costs tokens in every request."
  );
}

function shown(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 79)}…` : name);
}
