import { open } from "node:fs/promises";
import { extname } from "node:path";

/** Largest file with an answer, in bytes. */
const answerBytesMax = 16 * 1024 * 1024;

/** An HTTP answer as an operator hands it in. */
export interface HandedAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

/** A file that cannot be an answer; the sentence is for the operator. */
export class AnswerFileError extends Error {}

/**
 * Reads what a call was answered with. A JSON object with a numeric `status` and a `body` is the
 * whole answer: `body` text stands for itself, any other value for its JSON; `headers` is an object
 * of texts. Every other file is the body of a 200, its content type given by the file's name.
 */
export async function readAnswerFile(file: string): Promise<HandedAnswer> {
  const bytes = await readBounded(file);
  const written = extname(file).toLowerCase() === ".json" ? parseJson(file, bytes) : undefined;
  if (isWholeAnswer(written)) return readWholeAnswer(file, written);
  return { status: 200, headers: [["content-type", contentTypeOf(file)]], body: bytes };
}

const contentTypes: Readonly<Record<string, string>> = {
  ".csv": "text/csv; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".json": "application/json",
  ".md": "text/markdown; charset=utf-8",
  ".pdf": "application/pdf",
  ".txt": "text/plain; charset=utf-8",
  ".xml": "application/xml",
};

function contentTypeOf(file: string): string {
  return contentTypes[extname(file).toLowerCase()] ?? "application/octet-stream";
}

async function readBounded(file: string): Promise<Uint8Array> {
  try {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      if (size > answerBytesMax) throw new AnswerFileError(`${file} is larger than ${answerBytesMax} bytes.`);
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const why = code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : code;
    throw new AnswerFileError(`${file} cannot be read: ${why}.`, { cause: error });
  }
}

function parseJson(file: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    const why = (error as Error).message;
    const sentence = `${file} is not JSON: ${why}. A body that is no JSON needs another extension.`;
    throw new AnswerFileError(sentence, { cause: error });
  }
}

interface WholeAnswer {
  readonly status: number;
  readonly body: unknown;
}

function isWholeAnswer(value: unknown): value is WholeAnswer {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return typeof (value as Partial<WholeAnswer>).status === "number" && Object.hasOwn(value, "body");
}

function readWholeAnswer(file: string, written: WholeAnswer): HandedAnswer {
  const unknown = Object.keys(written).filter((key) => !["status", "headers", "body"].includes(key));
  if (unknown.length > 0) {
    throw new AnswerFileError(
      `${file}: an answer has status, headers and body; it does not have ${unknown.join(", ")}.`,
    );
  }
  const { status, body } = written;
  if (!isExecuted(status)) {
    throw new AnswerFileError(
      `${file}: status ${status} does not say that the call was executed (200 to 399, or 410). ` +
        "A call that was refused is resolved with --not-done.",
    );
  }
  const headers = readHeaders(file, (written as { readonly headers?: unknown }).headers);
  const isText = typeof body === "string";
  const typed = headers.some(([name]) => name.toLowerCase() === "content-type");
  const contentType = ["content-type", isText ? "text/plain; charset=utf-8" : "application/json"] as const;
  return {
    status,
    headers: typed ? headers : [...headers, contentType],
    body: new TextEncoder().encode(isText ? body : JSON.stringify(body)),
  };
}

function isExecuted(status: number): boolean {
  return Number.isInteger(status) && ((status >= 200 && status < 400) || status === 410);
}

/** What says how a body travels is written by the gateway, and would lie here. */
const framingHeaders = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "trailer",
  "transfer-encoding",
]);

function readHeaders(file: string, written: unknown): readonly (readonly [string, string])[] {
  if (written === undefined) return [];
  if (typeof written !== "object" || written === null || Array.isArray(written)) {
    throw new AnswerFileError(`${file}: headers are an object of texts.`);
  }
  return Object.entries(written).map(([name, value]: [string, unknown]) => {
    // RFC 9110, 5.1 and 5.5: a token, and visible characters with spaces between.
    const isFine =
      /^[\w!#$%&'*+.^`|~-]+$/.test(name) &&
      typeof value === "string" &&
      /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
    if (!isFine) throw new AnswerFileError(`${file}: ${JSON.stringify(name)} is no header with a text.`);
    if (framingHeaders.has(name.toLowerCase())) {
      throw new AnswerFileError(`${file}: leave out ${name}; the gateway writes it.`);
    }
    return [name.toLowerCase(), value] as const;
  });
}
