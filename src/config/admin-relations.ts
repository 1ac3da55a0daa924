import { hostProblem, isLoopback } from "./address.ts";
import { isRecord } from "./defaults.ts";
import { show } from "./fault.ts";
import { valueAt } from "./path.ts";
import type { Tree } from "./relations.ts";
import type { Finding } from "./schema-faults.ts";

/** What a schema cannot say about the operator's port: where it may be open, and to whom. */
export function adminFindings(tree: Tree): readonly Finding[] {
  const admin = valueAt(tree.root, ["admin"]);
  if (!isRecord(admin) || !tree.isSound(["admin"])) return [];
  const { host, port, token } = admin;
  const findings: Finding[] = [];
  if (isRecord(token) && (token["env"] === undefined) === (token["file"] === undefined)) {
    const found = token["env"] === undefined ? "none of them" : "env and file";
    findings.push({ path: ["admin", "token"], part: "value", expected: "one of the keys env, file", found });
  }
  if (typeof host !== "string") return findings;
  const at = { path: ["admin", "host"], part: "value", found: show(host) } as const;
  const problem = hostProblem(host);
  if (problem !== undefined) {
    findings.push({ ...at, expected: "an IP address or a host name", hint: problem });
  } else if (typeof port === "number" && token === undefined && !isLoopback(host)) {
    const hint = "Whoever reaches this port reads the answers of every tenant, and ends their exchanges.";
    findings.push({ ...at, expected: "a loopback address, or a token (admin.token)", hint });
  }
  return findings;
}
