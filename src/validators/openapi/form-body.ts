import { isRaw } from "../references.ts";
import { OverLimit } from "../schema.ts";
import { isJsonType, mediaTypeOf } from "./media-type.ts";
import { fromPairs, object, type Pairs, type ReadAs, type Writing } from "./written-value.ts";
import type { BodyForm } from "./operation.ts";
import type { Shape } from "./shape.ts";

/** What a form holds: text by name, and where a part says that it is JSON, that. */
export interface FormEntries {
  readonly texts: Pairs;
  /** Names and JSON texts. */
  readonly jsons: Pairs;
}

// Each name is looked for among all of them; what people and programs write has some dozens.
const pairsMax = 1_000;
const charactersMax = 2 ** 20;

/** Names and values of an urlencoded form, or of a query. Throws `URIError` and `OverLimit`. */
export function pairsOf(text: string): Pairs {
  if (text === "") return [];
  if (text.length > charactersMax) throw tooLong();
  const written = text.split("&", pairsMax + 1);
  if (written.length > pairsMax) throw new OverLimit(`it has more than ${pairsMax} parameters`);
  return written.flatMap((pair): Pairs => {
    if (pair === "") return [];
    const at = pair.indexOf("=");
    return [[decoded(at < 0 ? pair : pair.slice(0, at)), at < 0 ? "" : decoded(pair.slice(at + 1))]];
  });
}

function tooLong(): OverLimit {
  return new OverLimit(`a form has more than ${charactersMax} characters`);
}

function decoded(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

const dashes = Buffer.from("--");
const headEnd = Buffer.from("\r\n\r\n");

/** The parts of `multipart/form-data` (RFC 7578); undefined where the body is none. Throws `OverLimit`. */
export function partsOf(contentType: string, body: Uint8Array): FormEntries | undefined {
  const [, quoted, bare] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? bare;
  if (boundary === undefined) return undefined;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const mark = Buffer.concat([dashes, Buffer.from(boundary)]);
  const texts: [string, string][] = [];
  const jsons: [string, string][] = [];
  let at = bytes.indexOf(mark);
  for (let part = 0; at >= 0 && part < pairsMax; part += 1) {
    const start = at + mark.length;
    if (bytes.subarray(start, start + 2).equals(dashes)) return { texts, jsons };
    const end = bytes.indexOf(Buffer.concat([Buffer.from("\r\n"), mark]), start);
    const head = bytes.indexOf(headEnd, start);
    if (end < 0 || head < 0 || head > end) return undefined;
    const read = readPart(textOf(bytes.subarray(start, head)), () => textOf(bytes.subarray(head + 4, end)));
    if (read === undefined) return undefined;
    (read.isJson ? jsons : texts).push([read.name, read.text]);
    at = end + 2;
  }
  return undefined;
}

function textOf(bytes: Buffer): string {
  if (bytes.byteLength > charactersMax) throw tooLong();
  return bytes.toString("utf8");
}

interface Part {
  readonly name: string;
  readonly text: string;
  readonly isJson: boolean;
}

/** A file is there, and its bytes are not looked at. */
function readPart(head: string, text: () => string): Part | undefined {
  const disposition = /^content-disposition:(.*)$/im.exec(head)?.[1] ?? "";
  const type = mediaTypeOf(/^content-type:(.*)$/im.exec(head)?.[1] ?? "text/plain");
  const name = /;\s*name="([^"]*)"/i.exec(disposition)?.[1];
  if (name === undefined) return undefined;
  if (/;\s*filename\*?=/i.test(disposition)) return { name, text: "", isJson: false };
  if (!isJsonType(type)) return { name, text: type.startsWith("text/") ? text() : "", isJson: false };
  return { name, text: jsonOrString(text()), isJson: true };
}

function jsonOrString(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    // The check then says that text stands where JSON was to be.
    return JSON.stringify(text);
  }
}

/** A form as JSON text, its members of the types that its schema has. */
export function formAsJson(entries: FormEntries, form: BodyForm, shape: Shape, as: ReadAs): string {
  const used = new Set<number>();
  const members: [string, string][] = entries.jsons.map(([name, text]) => [name, text]);
  const names = new Set([...shape.names, ...entries.texts.map(([name]) => name.replace(/\[.*/s, ""))]);
  for (const name of names) {
    const member = shape.member(name);
    const writing = writingOf(name, form, entries.texts, member);
    const read = fromPairs(writing, entries.texts, member, as);
    if (read.used.some((place) => used.has(place))) continue;
    for (const place of read.used) used.add(place);
    for (const value of read.values) members.push([name, value]);
  }
  for (const [place, [name, text]] of entries.texts.entries()) {
    if (!used.has(place)) members.push([name, JSON.stringify(text)]);
  }
  return object(members);
}

/** How a member of a form is written: as its encoding says, else as the names themselves show. */
function writingOf(name: string, { encoding }: BodyForm, texts: Pairs, shape: Shape): Writing {
  const own = Object.hasOwn(encoding, name) && isRaw(encoding[name]) ? encoding[name] : {};
  const isDeep = own["style"] === "deepObject" || texts.some(([key]) => key.startsWith(`${name}[`));
  const style = own["style"] === "spaceDelimited" || own["style"] === "pipeDelimited" ? own["style"] : "form";
  const stands = texts.find(([key]) => key === name)?.[1];
  const isJson = shape.may("object") && !shape.may("string") && stands?.trimStart().startsWith("{") === true;
  // An object that is not written in brackets has no members beside it: it is one text.
  const explode = shape.may("object") && !shape.may("array") ? false : own["explode"] !== false;
  return { name, style: isDeep ? "deepObject" : style, explode, isJson };
}
