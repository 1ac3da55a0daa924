import type { ApiKeyConfig, Config, SecretSource, TenantConfig, VirtualKeyConfig } from "./config.ts";

/** Who is calling, in sentences: one line for everyone, or the tenants in a table's rows. */
export function tenancyRows({ tenancy, keys }: Config): readonly (readonly string[])[] {
  if (tenancy === "single")
    return [["single", "all callers are one tenant, `local`; nobody is asked for a key"]];
  return Object.entries(keys).map(([name, tenant]) => [
    name,
    keyCount(tenant.keys),
    allowed(tenant),
    limits(tenant),
  ]);
}

/** Where a key may stand, as long as keys are asked for. */
export function keyPlaces({ tenancy }: Config): readonly string[] {
  if (tenancy === "single") return [];
  return [
    "a key comes as Longstop-Key, in the SDK's API key field, or as /k/<key>/ in the base URL",
    "a key in the SDK's field needs an upstream with an apiKey of its own",
  ];
}

/** Which credential goes to an upstream or a tool. */
export function credentialOf(apiKey: ApiKeyConfig | undefined): string {
  if (apiKey === undefined) return "the client's credential";
  return `the credential in ${sourceOf(apiKey)}${apiKey.header === undefined ? "" : `, in ${apiKey.header}`}`;
}

/** Where a secret lies. */
export function sourceOf({ env, file = "" }: SecretSource): string {
  return env === undefined ? `the file ${file}` : `the variable ${env}`;
}

function keyCount(keys: readonly VirtualKeyConfig[]): string {
  const dates = keys.flatMap(({ expires }) => expires ?? []).toSorted();
  const disabled = keys.filter((key) => key.disabled).length;
  return [
    keys.length === 1 ? "1 key" : `${keys.length} keys`,
    ...(dates[0] === undefined ? [] : [`the first expires ${dates[0]}`]),
    ...(disabled === 0 ? [] : [`${disabled} disabled`]),
  ].join(", ");
}

function allowed({ upstreams, tools }: TenantConfig): string {
  return `${list("upstreams", upstreams)}; ${list("tools", tools)}`;
}

function list(what: string, names: readonly string[] | undefined): string {
  if (names === undefined) return `all ${what}`;
  return names.length === 0 ? `no ${what}` : `${what} ${names.join(", ")}`;
}

function limits({ requestsPerMinuteMax, concurrentMax }: TenantConfig): string {
  const all = [
    ...(requestsPerMinuteMax === 0 ? [] : [`${requestsPerMinuteMax} requests a minute`]),
    ...(concurrentMax === 0 ? [] : [`${concurrentMax} at the same time`]),
  ];
  return all.length === 0 ? "no limits" : `at most ${all.join(" and ")}`;
}
