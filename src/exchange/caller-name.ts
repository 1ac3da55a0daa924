/** Longest name of a run, stage, attempt or agent, in characters. */
export const nameLengthMax = 256;

/** True for a name that can be recorded: neither empty nor too long, and without control characters. */
export function isCallerName(name: string): boolean {
  if (name.length === 0 || name.length > nameLengthMax) return false;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    if (unit < 0x20 || unit === 0x7f) return false;
  }
  return true;
}
