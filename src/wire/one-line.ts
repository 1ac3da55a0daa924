/**
 * JSON on one line, for the `data` of an event: not everybody joins several lines. Strings hold no
 * line ends (RFC 8259, section 7), so that only space between tokens goes.
 */
export function oneLine(json: string): string {
  return /[\r\n]/.test(json) ? json.replaceAll(/[\r\n][ \t\r\n]*/g, "") : json;
}
