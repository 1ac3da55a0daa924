import type { Ask, Reply } from "./batch.ts";
import type { BlobAsk, NamedBlob } from "./blobs.ts";
import type { SharedBytes } from "./shared-bytes.ts";

/**
 * What goes from thread to thread: JSON, and long bytes beside it. A structured clone of the same takes twice
 * as long on both sides, and handing over a buffer takes longer than to write a short one down. The bytes of
 * turns, which come ten times a second for as long as streams run, are put where both threads see them.
 */
export interface Message {
  readonly json: string;
  /** By their place in this list; they change threads without being copied. */
  readonly bytes: readonly Uint8Array<ArrayBuffer>[];
}

/** Bytes up to here are written down. */
const writtenBytesMax = 8 * 1024;

/** Bytes in JSON: in base64, or their place in the list beside it. */
type Written = string | number;

/** The buffers of a message, which its sender must not use again. */
export function buffersOf({ bytes }: Message): ArrayBuffer[] {
  return bytes.map(({ buffer }) => buffer);
}

/**
 * The bytes of a `put` must be a copy of their own; those of a `putAll` are copied here, into `shared` where
 * there is room: the question owns them, by its number, until it is answered.
 */
export function packAsks(asks: readonly Ask[], shared: SharedBytes): Message {
  const bytes: Uint8Array<ArrayBuffer>[] = [];
  const plain = asks.map((ask) => {
    if (ask.verb === "putAll") return { ...ask, question: packBlobs(ask, bytes, shared) };
    if (ask.verb !== "put") return ask;
    const question = ask.question as BlobAsk;
    return { ...ask, question: { ...question, bytes: written(question.bytes, bytes) } };
  });
  return { json: JSON.stringify(plain), bytes };
}

/** `shared` is the memory that they were packed with: bytes in it are a view. */
export function unpackAsks({ json, bytes }: Message, shared: SharedArrayBuffer): readonly Ask[] {
  const asks = JSON.parse(json) as readonly Ask[];
  return asks.map((ask) => {
    if (ask.verb === "putAll") return { ...ask, question: unpackBlobs(ask.question as never, bytes, shared) };
    if (ask.verb !== "put") return ask;
    const question = ask.question as Omit<BlobAsk, "bytes"> & { readonly bytes: Written };
    return { ...ask, question: { ...question, bytes: read(question.bytes, bytes) } };
  });
}

/** Several blobs: the bytes of all are one piece. */
interface PackedBlobs {
  /** Tenant, address and length of each. */
  readonly blobs: readonly (readonly [string, string, number])[];
  readonly at: Written | { readonly shared: number };
}

function packBlobs(ask: Ask, long: Uint8Array<ArrayBuffer>[], shared: SharedBytes): PackedBlobs {
  const blobs = ask.question as readonly NamedBlob[];
  const length = blobs.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  const place = shared.take(ask.seq, length);
  if (place !== null) return { blobs: filled(place, blobs), at: { shared: place.byteOffset } };
  const own = new Uint8Array(length);
  return { blobs: filled(own, blobs), at: written(own, long) };
}

function filled(all: Uint8Array, blobs: readonly NamedBlob[]): PackedBlobs["blobs"] {
  let end = 0;
  return blobs.map(({ tenant, address, bytes }): PackedBlobs["blobs"][number] => {
    all.set(bytes, end);
    end += bytes.byteLength;
    return [tenant, address, bytes.byteLength];
  });
}

function unpackBlobs(
  { blobs, at }: PackedBlobs,
  long: Message["bytes"],
  shared: SharedArrayBuffer,
): readonly NamedBlob[] {
  const all = typeof at === "object" ? new Uint8Array(shared, at.shared) : read(at, long);
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

function written(bytes: Uint8Array, long: Uint8Array<ArrayBuffer>[]): Written {
  if (bytes.byteLength > writtenBytesMax) return long.push(bytes as Uint8Array<ArrayBuffer>) - 1;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

function read(at: Written, long: Message["bytes"]): Uint8Array {
  // Not a Buffer from the pool, which others write to: whoever gets it may hand it on.
  if (typeof at === "string") return new Uint8Array(Buffer.from(at, "base64"));
  const bytes = long[at];
  if (bytes === undefined) throw new RangeError(`a message has no bytes at ${at}`);
  return bytes;
}
