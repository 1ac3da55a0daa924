import { isUtf8 } from "node:buffer";
import { readMultipart, type MultipartPart } from "../../wire/multipart.ts";
import type { KeyFields } from "../settings.ts";
import { formPieces, named } from "./form-fields.ts";
import { jsonPieces } from "./json-fields.ts";

type Piece = string | Uint8Array;

/**
 * What a body gives to the key of an operation: its meaning, where its type has one that all servers
 * share, and its bytes otherwise. Two bodies have equal pieces only if they mean the same, but for
 * what `fields` leaves out.
 */
export function argumentPieces(
  contentType: string | undefined,
  body: Uint8Array,
  fields: KeyFields,
): readonly Piece[] {
  if (body.byteLength === 0) return ["none"];
  const read = readType(contentType ?? "");
  const meaning = meaningOf(read, body, fields);
  if (meaning !== null) return meaning;
  // Where a boundary stands decides what the bytes mean; elsewhere parameters seldom do.
  const type = read.type.startsWith("multipart/") ? (contentType ?? "") : read.type;
  return ["bytes", type, ...(read.charset === "utf-8" ? [] : [`charset ${read.charset}`]), body];
}

function meaningOf(
  { type, rest, boundary }: ContentType,
  body: Uint8Array,
  fields: KeyFields,
): readonly Piece[] | null {
  if (type === "application/json" || type.endsWith("+json") || type === "") {
    // Decoded, all bytes that are no UTF-8 would be one character, and two operations would be one.
    return isUtf8(body) ? jsonPieces(Buffer.from(body).toString("utf8"), fields) : null;
  }
  if (type === "application/x-www-form-urlencoded") {
    const form = formPieces(Buffer.from(body).toString("latin1"), fields);
    return form === null ? null : [...form, rest];
  }
  if (!type.startsWith("multipart/") || boundary === null) return null;
  const parts = readMultipart(body, boundary);
  return parts === null ? null : ["multipart", type, rest, ...partPieces(parts, fields)];
}

/** Parts in their order, each with its headers. The boundary between them is another one each time. */
function partPieces(parts: readonly MultipartPart[], fields: KeyFields): readonly Piece[] {
  const { include, ignore } = named(fields, "/");
  const kept = parts.filter(({ headers }) => !ignore.includes(nameOf(headers)));
  const isWhole =
    include.length === 0 || !include.every((one) => kept.some(({ headers }) => nameOf(headers) === one));
  return kept
    .filter(({ headers }) => isWhole || include.includes(nameOf(headers)))
    .flatMap(({ headers, body }): Piece[] => [headers, body]);
}

/** The name of a part (RFC 7578, 4.2), or an empty string, which no field is called by. */
function nameOf(headers: string): string {
  return /^content-disposition:[^\r\n]*?;[ \t]*name="([^"\\\r\n]*)"/im.exec(headers)?.[1] ?? "";
}

interface ContentType {
  readonly type: string;
  readonly boundary: string | null;
  readonly charset: string;
  /** The other parameters and the charset, as one text. */
  readonly rest: string;
}

function readType(header: string): ContentType {
  const [type = "", ...parameters] = header.match(/(?:[^";]|"(?:[^"\\]|\\.)*")+/g) ?? [];
  const read = parameters.map((parameter) => {
    const [, name = "", value = ""] = /^([^=]*)=(.*)$/s.exec(parameter.trim()) ?? [parameter, parameter];
    return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/s, "$1")] as const;
  });
  const valueOf = (name: string): string | null => read.find(([one]) => one === name)?.[1] ?? null;
  const charset = valueOf("charset")?.toLowerCase() ?? "utf-8";
  const others = read.filter(([name]) => name !== "boundary" && name !== "charset");
  return {
    type: type.trim().toLowerCase(),
    boundary: valueOf("boundary"),
    charset,
    rest: JSON.stringify([charset, ...others]),
  };
}
