/**
 * What a virtual key looks like: `ls_` and at least 32 letters and digits. Sixteen different
 * characters are enough for 128 bits; `longstop key` makes 40 of them, which are 160 bits.
 */
const virtualKey = /^ls_[A-Za-z0-9]{32,128}$/;

/** True for a text that is a virtual key as a whole. Other vendors' keys (`ls__…`, `lsv2_…`) are none. */
export function isVirtualKey(text: string): boolean {
  return virtualKey.test(text);
}

/** What stands in a virtual key's place wherever people read. */
const hidden = "[key]";

/**
 * The text without virtual keys, and without whatever stands behind `/k/` in a path: a mistyped key is
 * still most of a secret.
 */
export function hideVirtualKeys(text: string): string {
  if (!text.includes("ls_") && !text.includes("/k/")) return text;
  return text.replaceAll(/\/k\/[^/?#\s"]+/g, `/k/${hidden}`).replaceAll(/ls_[A-Za-z0-9]{4,}/g, hidden);
}
