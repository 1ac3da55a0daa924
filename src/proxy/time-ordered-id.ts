import { randomUUID } from "node:crypto";

/**
 * A UUID of version 7 (RFC 9562, section 5.7): 48 bits of time, then 74 random ones. Rows that are made one
 * after the other stand beside each other in an index on it, so a commit writes few of its pages.
 */
export function newTimeOrderedId(nowMs: number = Date.now()): string {
  const time = Math.max(0, Math.floor(nowMs)).toString(16).padStart(12, "0").slice(-12);
  // Of version 4 all but the version is kept: what follows the time is random there, too.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
