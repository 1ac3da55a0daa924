import { isRaw, type Raw } from "../references.ts";
import { type DocumentFaults, said } from "./document-fault.ts";

// Each choice of each variable is a path of its own.
const variantsMax = 64;

/**
 * The paths that stand before an operation's own, without a closing slash: those of its servers, each
 * variable with its default and every choice. None where no server is named.
 */
export function basePathsOf(servers: unknown, faults: DocumentFaults): readonly string[] {
  if (servers === undefined) return [];
  if (!Array.isArray(servers)) {
    faults.add("/servers", "a list of servers", said(servers));
    return [];
  }
  const paths = new Set<string>();
  for (const server of servers as readonly unknown[]) {
    const url = isRaw(server) ? server["url"] : undefined;
    if (!isRaw(server) || typeof url !== "string") {
      faults.add("/servers", "a server with a url", said(server));
      continue;
    }
    for (const variant of variantsOf(url, server["variables"])) paths.add(pathOf(variant));
  }
  return [...paths];
}

function variantsOf(url: string, variables: unknown): readonly string[] {
  let variants = [url];
  for (const [name, variable] of Object.entries(isRaw(variables) ? variables : {})) {
    const written = `{${name}}`;
    if (!url.includes(written) || !isRaw(variable)) continue;
    variants = variants
      .flatMap((variant) => choicesOf(variable).map((choice) => variant.replaceAll(written, () => choice)))
      .slice(0, variantsMax);
  }
  return variants;
}

function choicesOf(variable: Raw): readonly string[] {
  const { enum: choices, default: usual } = variable;
  const all = [usual, ...(Array.isArray(choices) ? (choices as unknown[]) : [])];
  return [...new Set(all.filter((one) => typeof one === "string"))];
}

/** A relative address is relative to where the document is served, which is taken for the root. */
function pathOf(url: string): string {
  const address = URL.canParse(url, "http://server/") ? new URL(url, "http://server/") : undefined;
  return (address?.pathname ?? "").replace(/\/+$/, "");
}
