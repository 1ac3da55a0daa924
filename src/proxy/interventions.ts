import type { Intervention } from "./judge.ts";

/** Longest value of the header, in characters: proxies cut or refuse long header lines. */
const headerLengthMax = 2_000;
const reasonLengthMax = 160;

export const interventionsHeader = "longstop-interventions";

/**
 * What the gateway did to an exchange, as one line of ASCII JSON: equal interventions are counted,
 * not repeated. The same text stands in the header and in the comment of a stream.
 */
export function interventionsLine(
  interventions: readonly Intervention[],
  more: Readonly<Record<string, unknown>> = {},
): string {
  const list: { guard: string; moment: string; verdict: string; count: number; reason: string }[] = [];
  for (const { guard, moment, verdict, reason } of interventions) {
    const known = list.find((one) => one.guard === guard && one.moment === moment && one.verdict === verdict);
    if (known === undefined) list.push({ guard, moment, verdict, count: 1, reason: shorten(reason) });
    else known.count++;
  }
  for (;;) {
    const line = ascii(JSON.stringify({ interventions: list, ...more }));
    if (line.length <= headerLengthMax || list.length <= 1) return line;
    list.pop();
  }
}

function shorten(text: string): string {
  return text.length > reasonLengthMax ? `${text.slice(0, reasonLengthMax)}…` : text;
}

/** A header value is visible ASCII (RFC 9110 5.5); JSON can say everything else in escapes. */
function ascii(json: string): string {
  // JSON has its control characters escaped but for DEL; one look at the bytes is less than one at each unit.
  if (Buffer.byteLength(json) === json.length && !json.includes("\x7f")) return json;
  return json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
