import { LongstopError } from "../../exchange/error.ts";
import type { Turn } from "../../exchange/turn.ts";
import type { Protocol } from "../../protocols/protocol.ts";
import { FrameSplitter, SseError } from "../../wire/sse.ts";

/** The turn that a stream tells, as far as it came: of one that was cut, with the whole calls alone. */
export function turnOf(stream: string, protocol: Protocol): Turn {
  const told = readTurn(stream, protocol);
  if (told.complete) return told;
  const cut = protocol.forms.cutShort(stream);
  if (cut === null) return { ...told, calls: [] };
  const { text, calls } = protocol.readAnswer(cut).turn;
  return { ...told, text, calls };
}

function readTurn(stream: string, protocol: Protocol): Turn {
  const reader = protocol.openReader();
  const splitter = new FrameSplitter({ frameBytesMax: Number.POSITIVE_INFINITY });
  try {
    for (const frame of splitter.push(Buffer.from(stream))) if (reader.read(frame) === "error") break;
  } catch (thrown) {
    // What came before it is what there is.
    if (!(thrown instanceof LongstopError) && !(thrown instanceof SseError)) throw thrown;
  }
  return reader.turn();
}
