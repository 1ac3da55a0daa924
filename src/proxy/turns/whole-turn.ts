import type { Protocol } from "../../protocols/protocol.ts";
import { framesIn } from "../../wire/sse.ts";

/**
 * True where a body that came to its end as HTTP has it is a model's answer to its end, too: a proxy that
 * loses its own upstream ends a stream in the middle as if that were all. For answers that nobody judges.
 */
export function isWholeTurn(protocol: Protocol, contentType: string, body: string): boolean {
  try {
    if (!contentType.toLowerCase().includes("text/event-stream")) return JSON.parse(body) !== undefined;
    const reader = protocol.openReader();
    for (const frame of framesIn(body)) reader.read(frame);
    return reader.turn().complete;
  } catch {
    // What cannot be read was passed on, and is given to nobody else.
    return false;
  }
}
