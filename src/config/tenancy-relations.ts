import { nearest } from "../validators/nearest.ts";
import { isRecord } from "./defaults.ts";
import { show } from "./fault.ts";
import { type Path, valueAt } from "./path.ts";
import type { Tree } from "./relations.ts";
import type { Finding } from "./schema-faults.ts";

/** What a schema cannot say about tenants, their keys, and the secrets of the gateway itself. */
export function tenancyFindings(tree: Tree): readonly Finding[] {
  return [
    ...presenceFindings(tree),
    ...tenantFindings(tree),
    ...apiKeyFindings(tree, "upstreams"),
    ...apiKeyFindings(tree, "tools"),
    ...encryptionFindings(tree),
    ...connectionFindings(tree),
  ];
}

/** `tenancy: keys` and the section of the keys are of no use without each other. */
function presenceFindings(tree: Tree): readonly Finding[] {
  const tenancy = tree.isSound(["tenancy"]) ? valueAt(tree.root, ["tenancy"]) : undefined;
  const keys = valueAt(tree.root, ["keys"]);
  if (!isRecord(keys)) return [];
  const isEmpty = Object.keys(keys).length === 0;
  if (tenancy === "keys" && isEmpty) {
    const hint = "Make a key with longstop key, and name its tenant in the section keys.";
    const expected = "single, or a tenant with a key in the section keys";
    return [{ path: ["tenancy"], part: "value", expected, found: show(tenancy), hint }];
  }
  if (tenancy === "single" && !isEmpty) {
    const expected = "keys, because there are tenants with keys; single asks nobody for one";
    const path = tree.isWritten(["tenancy"]) ? ["tenancy"] : ["keys"];
    return [{ path, part: tree.isWritten(["tenancy"]) ? "value" : "key", expected, found: "tenancy single" }];
  }
  return [];
}

function tenantFindings(tree: Tree): readonly Finding[] {
  const tenants = valueAt(tree.root, ["keys"]);
  if (!isRecord(tenants)) return [];
  return Object.keys(tenants).flatMap((tenant): readonly Finding[] => [
    ...keyFindings(tree, ["keys", tenant, "keys"]),
    ...nameFindings(tree, tenant, "upstreams"),
    ...nameFindings(tree, tenant, "tools"),
  ]);
}

function keyFindings(tree: Tree, list: Path): readonly Finding[] {
  const keys = valueAt(tree.root, list);
  if (!Array.isArray(keys)) return [];
  return keys.flatMap((key: unknown, index): readonly Finding[] => {
    const path = [...list, index];
    if (!isRecord(key) || !tree.isSound(path)) return [];
    const { expires } = key;
    const findings = [...oneOf(path, key, ["hash", "env", "file"])];
    if (typeof expires === "string" && Number.isNaN(Date.parse(expires))) {
      const expected = "a day and a time that exist";
      findings.push({ path: [...path, "expires"], part: "value", expected, found: show(expires) });
    }
    return findings;
  });
}

/** Names of upstreams or tools that a tenant may use, and that there are none of. */
function nameFindings(tree: Tree, tenant: string, section: "upstreams" | "tools"): readonly Finding[] {
  const path = ["keys", tenant, section];
  const allowed = tree.isSound(path) ? valueAt(tree.root, path) : undefined;
  const targets = valueAt(tree.root, [section]);
  if (!Array.isArray(allowed) || !isRecord(targets)) return [];
  const names = Object.keys(targets);
  return allowed.flatMap((name: unknown, index): readonly Finding[] => {
    if (typeof name !== "string" || names.includes(name)) return [];
    const near = nearest(name, names, 1)[0];
    const expected = names.length === 0 ? `no name: there are no ${section}` : `one of ${names.join(", ")}`;
    const hint = near === undefined ? {} : { hint: `Did you mean ${near}?` };
    return [{ path: [...path, index], part: "value", expected, found: show(name), ...hint }];
  });
}

/** Headers that mean something else, or that a proxy must not pass on (RFC 9110, 7.6.1). */
const notForCredentials =
  /^(?:connection|content-.*|expect|host|keep-alive|longstop-.*|te|trailer|transfer-encoding|upgrade)$/i;

function apiKeyFindings(tree: Tree, section: "upstreams" | "tools"): readonly Finding[] {
  const targets = valueAt(tree.root, [section]);
  if (!isRecord(targets)) return [];
  return Object.entries(targets).flatMap(([name, target]): readonly Finding[] => {
    const path = [section, name, "apiKey"];
    const apiKey = valueAt(target, ["apiKey"]);
    if (!isRecord(apiKey) || !tree.isSound(path)) return [];
    const findings = [...oneOf(path, apiKey, ["env", "file"])];
    const { header } = apiKey;
    if (typeof header === "string" && notForCredentials.test(header)) {
      const found = `${show(header)}, which has another meaning`;
      const expected = "a header that can carry a credential";
      findings.push({ path: [...path, "header"], part: "value", expected, found });
    }
    return findings;
  });
}

function encryptionFindings(tree: Tree): readonly Finding[] {
  const path = ["ledger", "encryption"];
  const encryption = valueAt(tree.root, path);
  if (!isRecord(encryption)) return [];
  const { key, previous } = encryption;
  const earlier = Array.isArray(previous)
    ? previous.map((source: unknown, index) => [[...path, "previous", index], source] as const)
    : [];
  return [[[...path, "key"], key] as const, ...earlier].flatMap(([at, source]) =>
    isRecord(source) && tree.isSound(at) ? oneOf(at, source, ["env", "file"]) : [],
  );
}

/** A database's connection string has a password in it. */
function connectionFindings(tree: Tree): readonly Finding[] {
  const path = ["ledger", "url"];
  const url = tree.isSound(path) ? valueAt(tree.root, path) : undefined;
  return isRecord(url) ? oneOf(path, url, ["env", "file"]) : [];
}

/** Exactly one of some keys must be there. */
function oneOf(
  path: Path,
  value: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): readonly Finding[] {
  const there = keys.filter((key) => Object.hasOwn(value, key));
  if (there.length === 1) return [];
  const expected = `one of the keys ${keys.join(", ")}`;
  return [
    { path, part: "value", expected, found: there.length === 0 ? "none of them" : there.join(" and ") },
  ];
}
