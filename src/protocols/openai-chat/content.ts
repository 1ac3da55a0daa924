import type { Media } from "../../exchange/prompt.ts";
import { canonicalJson } from "../../text/canonical-json.ts";
import { objectOf, objectsOf, stringOf, type JsonObject } from "../../wire/json-value.ts";

/** The content of a message: a string, or a list of parts. */
export interface Content {
  readonly texts: readonly string[];
  readonly media: readonly Media[];
  /** What identifies each part that is not text, the same however a client writes it. */
  readonly attachments: readonly string[];
  /** True where there is no content, or nothing in it. */
  readonly empty: boolean;
}

const none: Content = { texts: [], media: [], attachments: [], empty: true };

export function readContent(content: unknown): Content {
  if (typeof content === "string") return content === "" ? none : said(content);
  const parts = objectsOf(content);
  if (parts.length === 0) return none;
  const texts: string[] = [];
  const media: Media[] = [];
  const attachments: string[] = [];
  for (const part of parts) {
    const text = textOf(part);
    if (text !== undefined) {
      texts.push(text);
      continue;
    }
    attachments.push(identityOf(part));
    const found = mediaOf(part);
    if (found !== undefined) media.push(found);
  }
  return { texts, media, attachments, empty: false };
}

function said(text: string): Content {
  return { texts: [text], media: none.media, attachments: none.attachments, empty: false };
}

/** The text of a text part, or of a refusal part; undefined for all others. */
export function textOf(part: JsonObject): string | undefined {
  if (part["type"] === "text") return stringOf(part["text"]);
  return part["type"] === "refusal" ? stringOf(part["refusal"]) : undefined;
}

function mediaOf(part: JsonObject): Media | undefined {
  switch (part["type"]) {
    case "image_url":
      return { kind: "image", base64: inlined(urlOf(part)) };
    case "input_audio":
      return { kind: "audio", base64: stringOf(objectOf(part["input_audio"])?.["data"]) };
    case "file":
      return { kind: "document", base64: inlined(stringOf(objectOf(part["file"])?.["file_data"])) };
    default:
      return undefined;
  }
}

function urlOf(part: JsonObject): string | undefined {
  const image = part["image_url"];
  return stringOf(image) ?? stringOf(objectOf(image)?.["url"]);
}

/** The base64 of a `data:` URL (RFC 2397); undefined for any other URL. */
function inlined(url: string | undefined): string | undefined {
  if (url === undefined || !url.startsWith("data:")) return undefined;
  const comma = url.indexOf(",");
  return comma === -1 ? undefined : url.slice(comma + 1);
}

// Marks for the provider's prompt cache, which clients move from turn to turn.
const cacheMarks = new Set(["cache_control", "prompt_cache_breakpoint"]);

function identityOf(part: JsonObject): string {
  const lasting = Object.entries(part).filter(([key, value]) => value !== null && !cacheMarks.has(key));
  const json = JSON.stringify(Object.fromEntries(lasting));
  return canonicalJson(json) ?? json;
}
