import { isIP, isIPv4, isIPv6 } from "node:net";

/**
 * True where only this machine can reach the host: 127.0.0.0/8 (RFC 1122, 3.2.1.3), ::1 (RFC 4291),
 * either written as an IPv4-mapped address, and the names of RFC 6761, 6.3.
 */
export function isLoopback(host: string): boolean {
  const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
  if (isIPv4(bare)) return bare.startsWith("127.");
  if (isIPv6(bare)) {
    // The URL parser gives an IPv6 address its one short form, with a mapped IPv4 in hexadecimal.
    const short = new URL(`http://[${bare.split("%", 1)[0]}]/`).hostname;
    return short === "[::1]" || /^\[::ffff:7f[0-9a-f]{2}:/.test(short);
  }
  const name = bare.toLowerCase().replace(/\.$/, "");
  return name === "localhost" || name.endsWith(".localhost");
}

/** What is wrong with a host to listen on, as the hint of a fault; undefined where nothing is. */
export function hostProblem(host: string): string | undefined {
  if (isIP(host) !== 0) return undefined;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(host)) return "Write the host alone, without http://.";
  if (host.startsWith("[")) return "Write an IPv6 address without brackets.";
  if (/:\d+$/.test(host)) return "The port has its own key, listen.port.";
  if (host === "*") return "All addresses are 0.0.0.0 (IPv4) or :: (IPv6).";
  // RFC 1123, 2.1. Only digits and dots would be a mistyped address.
  const labels = host.replace(/\.$/, "").split(".");
  const isName = labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?$/i.test(label));
  return isName && !/^[\d.]+$/.test(host) ? undefined : "This is neither an IP address nor a host name.";
}

/** What is wrong with the URL of an upstream or a tool; empty where nothing is. */
export function urlProblems(written: string): readonly string[] {
  if (!URL.canParse(written)) {
    const isSchemeMissing = !written.includes("//") && URL.canParse(`http://${written}`);
    return [isSchemeMissing ? "a URL that begins with http:// or https://" : "an http or https URL"];
  }
  const url = new URL(written);
  // `localhost:8000` parses, with `localhost:` as its scheme.
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return ["a URL that begins with http:// or https://"];
  const problems: string[] = [];
  if (url.username !== "" || url.password !== "")
    problems.push("a URL without credentials: clients send their own");
  if (written.includes("?")) problems.push("a URL without a query");
  if (written.includes("#")) problems.push("a URL without a fragment");
  if (/[\s\\]/.test(written)) problems.push("a URL without spaces or backslashes");
  return problems;
}

/** True where a request to the URL would come back to the gateway itself, without end. */
export function isOwnAddress(url: URL, host: string, port: number): boolean {
  const urlPort = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  if (port === 0 || urlPort !== port) return false;
  const urlHost = url.hostname.replace(/^\[|\]$/g, "");
  return urlHost === host.toLowerCase() || (isLoopback(urlHost) && (isLoopback(host) || isWildcard(host)));
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}
