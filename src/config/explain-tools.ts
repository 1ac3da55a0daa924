import type { KeyedService } from "../exchange/keyed-service.ts";
import type { Config, EffectRuleConfig, ToolConfig } from "./config.ts";
import { credentialOf } from "./explain-tenancy.ts";
import { viaProxy, type OutgoingProxies } from "./outgoing-proxy.ts";
import { servicesOf } from "./service-hosts.ts";
import { serviceWords } from "./service-words.ts";
import { writeMs } from "./units.ts";

/** The tools, each with its rules below it: where they are served, and what holds for their calls. */
export function toolRows(
  { tools, keyedServices }: Config,
  proxies: OutgoingProxies,
): readonly (readonly string[])[] {
  return Object.entries(tools).flatMap(([name, tool]) => [
    [
      `/tools/${name}/*`,
      `${tool.url} with ${credentialOf(tool.apiKey)}, ` +
        `effect ${tool.effect}, ${tool.clientKeys} client keys, ` +
        `key in ${tool.idempotencyHeader ?? "Idempotency-Key"}${tool.keyed === true ? " (honoured)" : ""}, ` +
        [...promises(tool), `answers within ${writeMs(tool.timeoutMs)}`].join(", ") +
        viaProxy(proxies.get(`tools.${name}`)) +
        checkedIn(tool),
    ],
    ...(tool.decisions ?? []).map(({ tool: decided, methods = ["any"], path }) => [
      `  ${methods.join(", ")} ${path}`,
      `carries out ${decided}`,
    ]),
    ...tool.rules.map((rule) => [`  ${(rule.methods ?? ["any"]).join(", ")} ${rule.path}`, ruleWords(rule)]),
    ...serviceRows(tool, keyedServices),
  ]);
}

/** The rows of the table of services that fit a tool, unless its own settings take their place. */
function serviceRows(tool: ToolConfig, services: readonly KeyedService[]): readonly (readonly string[])[] {
  return servicesOf(tool, services).map((service) => [
    `  ${service.methods.join(", ")} ${service.paths.join(" ")}`,
    serviceWords(service),
  ]);
}

function checkedIn({ arguments: checked }: ToolConfig): string {
  if (checked === undefined) return "";
  const { mode, read, openapi, unknownOperations } = checked;
  const operations = `${read.count} ${read.count === 1 ? "operation" : "operations"}`;
  const from = openapi === undefined ? "" : ` of ${openapi}`;
  if (mode === "off") return `, arguments not checked (${operations}${from} described)`;
  const others = unknownOperations === "refuse" ? "others refused" : "others pass";
  return `, arguments of ${operations}${from} checked (${mode}, ${others})`;
}

function ruleWords(rule: EffectRuleConfig): string {
  const words: string[] = [];
  if (rule.effect !== undefined) words.push(`effect ${rule.effect}`);
  if (rule.keyed !== undefined) words.push(rule.keyed ? "key honoured" : "key not honoured");
  words.push(...promises(rule));
  if (rule.timeoutMs !== undefined) words.push(`answers within ${writeMs(rule.timeoutMs)}`);
  return words.length === 0 ? "as the tool" : words.join(", ");
}

function keyWords({ include, ignore }: NonNullable<EffectRuleConfig["key"]>): readonly string[] {
  const words = [include.length === 0 ? "known by all fields" : `known by ${include.join(", ")}`];
  return ignore.length === 0 ? words : [...words, `without ${ignore.join(", ")}`];
}

function promises(said: Omit<EffectRuleConfig, "path">): readonly string[] {
  const {
    keyRetentionSeconds,
    idempotent,
    notExecuted = [],
    storesErrors,
    key,
    preconditions,
    lookUp,
  } = said;
  const words: string[] = [];
  if (keyRetentionSeconds !== undefined)
    words.push(`keys remembered for ${writeMs(keyRetentionSeconds * 1000)}`);
  if (idempotent !== undefined) words.push(idempotent ? "idempotent" : "not idempotent");
  if (notExecuted.length > 0) words.push(`not executed where it answers ${notExecuted.join(", ")}`);
  if (storesErrors !== undefined) words.push(storesErrors ? "stores refusals" : "stores no refusals");
  if (key !== undefined) words.push(...keyWords(key));
  if (preconditions !== undefined) words.push(`preconditions ${preconditions.join(", ") || "none"}`);
  if (lookUp !== undefined) words.push(`looked up by GET ${lookUp.path}`);
  return words;
}
