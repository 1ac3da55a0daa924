import type { Turn } from "../../../src/exchange/turn.ts";
import type { Protocol, Release, StreamWriter } from "../../../src/protocols/protocol.ts";
import { FrameSplitter, type Frame } from "../../../src/wire/sse.ts";

export type Decision = { readonly release: Partial<Release> } | "ask again";

/** The frames of a stream that comes in pieces, cut at the given places. */
export function* framesOf(stream: string, cuts: readonly number[] = []): Generator<Frame> {
  const bytes = Buffer.from(stream);
  const splitter = new FrameSplitter({ frameBytesMax: 1024 * 1024 });
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  for (const to of places) {
    yield* splitter.push(bytes.subarray(from, to));
    from = to;
  }
  if (splitter.end() !== null) throw new Error("The stream of a fixture ends with a blank line.");
}

export function textOf(pieces: readonly Uint8Array[]): string {
  return Buffer.concat(pieces).toString("utf8");
}

/**
 * What an engine does with a protocol's reader and writer, and no more: text flows, from the first
 * call or end on all is held, then it is released or the next of `streams` comes in its place.
 */
export function relay(
  protocol: Protocol,
  streams: readonly string[],
  decide: (turn: Turn, attempt: number) => Decision,
  cuts: readonly number[] = [],
): { readonly sent: string; readonly turns: readonly Turn[] } {
  const writer = protocol.openWriter();
  const sent: Uint8Array[] = [];
  const turns: Turn[] = [];
  for (const [attempt, stream] of streams.entries()) {
    const { held, turn } = readTurn(protocol, writer, framesOf(stream, cuts), sent);
    turns.push(turn);
    const decision = decide(turn, attempt);
    if (decision === "ask again") {
      writer.nextTurn();
      continue;
    }
    const release = { changes: [], addOutputTokens: 0, comment: undefined, ...decision.release };
    sent.push(...writer.release(held, turn, release));
    return { sent: textOf(sent), turns };
  }
  throw new Error("Every stream was to be asked again.");
}

function readTurn(
  protocol: Protocol,
  writer: StreamWriter,
  frames: Iterable<Frame>,
  sent: Uint8Array[],
): { readonly held: readonly Frame[]; readonly turn: Turn } {
  const reader = protocol.openReader();
  const held: Frame[] = [];
  for (const frame of frames) {
    const role = reader.read(frame);
    if (role === "comment") sent.push(frame.bytes);
    else if (held.length > 0 || role === "call" || role === "end") held.push(frame);
    else {
      const bytes = writer.pass(frame, role);
      if (bytes !== null) sent.push(bytes);
    }
  }
  return { held, turn: reader.turn() };
}
