import { open } from "node:fs/promises";

export type TextFile =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "missing" | "unreadable"; readonly expected: string; readonly found: string };

/** A file's text, in UTF-8 and within a bound. `what` it is to be is said where it cannot be read. */
export async function readTextFile(file: string, what: string, bytesMax: number): Promise<TextFile> {
  try {
    const handle = await open(file);
    try {
      return decode(await readUpTo(handle.createReadStream({ autoClose: false }), bytesMax), bytesMax);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const expected = `${what} that can be read`;
    if (code === "ENOENT") return { kind: "missing", expected, found: "no such file" };
    if (code === "EISDIR") return { kind: "unreadable", expected, found: "a folder" };
    if (code === "EACCES") return { kind: "unreadable", expected, found: "no permission to read it" };
    return { kind: "unreadable", expected, found: message };
  }
}

/** Stops one chunk after the bound, so that a pipe without an end is no danger. */
async function readUpTo(chunks: AsyncIterable<Buffer>, bytesMax: number): Promise<Buffer> {
  const read: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    read.push(chunk);
    bytes += chunk.length;
    if (bytes > bytesMax) break;
  }
  return Buffer.concat(read);
}

function decode(bytes: Buffer, bytesMax: number): TextFile {
  if (bytes.length > bytesMax) {
    return { kind: "unreadable", expected: `at most ${bytesMax} bytes`, found: "a larger file" };
  }
  try {
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { kind: "unreadable", expected: "a file in UTF-8", found: "bytes that are not UTF-8" };
  }
}
