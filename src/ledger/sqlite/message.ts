import type { Ask, Reply } from "./batch.ts";
import type { BlobAsk, NamedBlob } from "./blobs.ts";

/**
 * What goes from thread to thread: JSON, and long bytes beside it. A structured clone of the same takes twice
 * as long on both sides, and handing over a buffer takes longer than to write a short one down.
 */
export interface Message {
  readonly json: string;
  /** By their place in this list; they change threads without being copied. */
  readonly bytes: readonly Uint8Array<ArrayBuffer>[];
}

/** Bytes up to here are written down. */
const writtenBytesMax = 8 * 1024;
/**
 * Those of several blobs up to here: they come ten times a second for as long as streams run, and buffers
 * that are handed over stay until the other thread, which makes little garbage, collects it.
 */
const blobsWrittenBytesMax = 64 * 1024;

/** Bytes in JSON: in base64, or their place in the list beside it. */
type Written = string | number;

/** The buffers of a message, which its sender must not use again. */
export function buffersOf({ bytes }: Message): ArrayBuffer[] {
  return bytes.map(({ buffer }) => buffer);
}

/** The bytes of a `put` must be a copy of their own; those of a `putAll` are copied here. */
export function packAsks(asks: readonly Ask[]): Message {
  const bytes: Uint8Array<ArrayBuffer>[] = [];
  const plain = asks.map((ask) => {
    if (ask.verb === "putAll") return { ...ask, question: packBlobs(ask.question as never, bytes) };
    if (ask.verb !== "put") return ask;
    const question = ask.question as BlobAsk;
    return { ...ask, question: { ...question, bytes: written(question.bytes, bytes) } };
  });
  return { json: JSON.stringify(plain), bytes };
}

export function unpackAsks({ json, bytes }: Message): readonly Ask[] {
  const asks = JSON.parse(json) as readonly Ask[];
  return asks.map((ask) => {
    if (ask.verb === "putAll") return { ...ask, question: unpackBlobs(ask.question as never, bytes) };
    if (ask.verb !== "put") return ask;
    const question = ask.question as Omit<BlobAsk, "bytes"> & { readonly bytes: Written };
    return { ...ask, question: { ...question, bytes: read(question.bytes, bytes) } };
  });
}

/** Several blobs: the bytes of all are one piece. */
interface PackedBlobs {
  /** Tenant, address and length of each. */
  readonly blobs: readonly (readonly [string, string, number])[];
  readonly at: Written;
}

function packBlobs(blobs: readonly NamedBlob[], long: Uint8Array<ArrayBuffer>[]): PackedBlobs {
  const all = new Uint8Array(blobs.reduce((sum, { bytes }) => sum + bytes.byteLength, 0));
  let end = 0;
  const packed = blobs.map(({ tenant, address, bytes }): PackedBlobs["blobs"][number] => {
    all.set(bytes, end);
    end += bytes.byteLength;
    return [tenant, address, bytes.byteLength];
  });
  return { blobs: packed, at: written(all, long, blobsWrittenBytesMax) };
}

function unpackBlobs({ blobs, at }: PackedBlobs, long: Message["bytes"]): readonly NamedBlob[] {
  const all = read(at, long);
  let end = 0;
  return blobs.map(([tenant, address, length]) => {
    end += length;
    return { tenant, address, bytes: all.subarray(end - length, end) };
  });
}

/** A reply whose answer is bytes says `at` in its stead. */
type Packed = Reply | { readonly seq: number; readonly at: Written };

export function packReplies(replies: readonly Reply[]): Message {
  const bytes: Uint8Array<ArrayBuffer>[] = [];
  const plain = replies.map((reply): Packed => {
    if (!("answer" in reply) || !(reply.answer instanceof Uint8Array)) return reply;
    return { seq: reply.seq, at: written(reply.answer, bytes) };
  });
  return { json: JSON.stringify(plain), bytes };
}

/** An answer that is undefined has no place in JSON, and is undefined again. */
export function unpackReplies({ json, bytes }: Message): readonly Reply[] {
  const replies = JSON.parse(json) as readonly Packed[];
  return replies.map((reply) => ("at" in reply ? { seq: reply.seq, answer: read(reply.at, bytes) } : reply));
}

function written(bytes: Uint8Array, long: Uint8Array<ArrayBuffer>[], bytesMax = writtenBytesMax): Written {
  if (bytes.byteLength > bytesMax) return long.push(bytes as Uint8Array<ArrayBuffer>) - 1;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

function read(at: Written, long: Message["bytes"]): Uint8Array {
  // Not a Buffer from the pool, which others write to: whoever gets it may hand it on.
  if (typeof at === "string") return new Uint8Array(Buffer.from(at, "base64"));
  const bytes = long[at];
  if (bytes === undefined) throw new RangeError(`a message has no bytes at ${at}`);
  return bytes;
}
