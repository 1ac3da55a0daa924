import { randomFillSync } from "node:crypto";

/** 128 random bits: nobody guesses the id of someone else's exchange. */
const idBytes = 16;
/** Random bytes are dear one id at a time. */
const pool = Buffer.alloc(256 * idBytes);
let used = pool.length;

/** The id of one exchange: what the client is told, and what the log has it by. */
export function newExchangeId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += idBytes;
  return `req_${pool.toString("hex", used - idBytes, used)}`;
}
