import type { Config, EffectRuleConfig } from "./config.ts";
import { credentialOf } from "./explain-tenancy.ts";
import { viaProxy, type OutgoingProxies } from "./outgoing-proxy.ts";
import { writeMs } from "./units.ts";

/** The tools, each with its rules below it: where they are served, and what holds for their calls. */
export function toolRows({ tools }: Config, proxies: OutgoingProxies): readonly (readonly string[])[] {
  return Object.entries(tools).flatMap(([name, tool]) => [
    [
      `/tools/${name}/*`,
      `${tool.url} with ${credentialOf(tool.apiKey)}, ` +
        `effect ${tool.effect}, ${tool.clientKeys} client keys, ` +
        `key in ${tool.idempotencyHeader}${tool.keyed === true ? " (honoured)" : ""}, ` +
        [...promises(tool), `answers within ${writeMs(tool.timeoutMs)}`].join(", ") +
        viaProxy(proxies.get(`tools.${name}`)),
    ],
    ...tool.rules.map((rule) => [`  ${(rule.methods ?? ["any"]).join(", ")} ${rule.path}`, ruleWords(rule)]),
  ]);
}

function ruleWords(rule: EffectRuleConfig): string {
  const words: string[] = [];
  if (rule.effect !== undefined) words.push(`effect ${rule.effect}`);
  if (rule.keyed !== undefined) words.push(rule.keyed ? "key honoured" : "key not honoured");
  words.push(...promises(rule));
  if (rule.timeoutMs !== undefined) words.push(`answers within ${writeMs(rule.timeoutMs)}`);
  return words.length === 0 ? "as the tool" : words.join(", ");
}

function promises({ notExecuted = [] }: Pick<EffectRuleConfig, "notExecuted">): readonly string[] {
  return notExecuted.length === 0 ? [] : [`not executed where it answers ${notExecuted.join(", ")}`];
}
