/**
 * The canonical text of a JSON number: as ECMAScript prints it (RFC 8785, section 3.2.2.3) where a
 * double holds exactly that decimal value, so that `1.0` is `1`, `1E2` is `100` and `-0` is `0`.
 * Any other number is `#`, its significant digits, `e`, its exponent: exact, however long, and no
 * text that a string or an ordinary number can have. Null beyond a double's range, at either end.
 */
export function canonicalNumber(raw: string): string | null {
  // Up to 15 digits every integer is exact and printed as it stands.
  if (/^-?[1-9][0-9]{0,14}$/.test(raw)) return raw;
  const value = Number(raw);
  if (value === 0) return /^[^1-9eE]*(?:[eE]|$)/.test(raw) ? "0" : null;
  if (!Number.isFinite(value)) return null;
  const exact = decimalOf(raw);
  const printed = String(value);
  return exact === decimalOf(printed) ? printed : `#${exact}`;
}

/** One spelling per decimal value other than zero: `1.50`, `15e-1` and `0.15E1` are all `15e-1`. */
function decimalOf(raw: string): string {
  const negative = raw.startsWith("-");
  const [mantissa = "", exponent = "0"] = raw.slice(negative ? 1 : 0).split(/[eE]/);
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = stripZeros(whole + fraction);
  // In range and not zero, so the exponent is hardly larger than the text is long: exact.
  const scale = Number(exponent) - fraction.length + digits.trailing;
  return `${negative ? "-" : ""}${digits.text}e${scale}`;
}

function stripZeros(digits: string): { readonly text: string; readonly trailing: number } {
  let start = 0;
  let end = digits.length;
  while (start < end && digits.charCodeAt(start) === 0x30) start += 1;
  while (end > start && digits.charCodeAt(end - 1) === 0x30) end -= 1;
  return { text: digits.slice(start, end), trailing: digits.length - end };
}
