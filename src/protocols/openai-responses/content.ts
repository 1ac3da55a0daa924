import type { Media } from "../../exchange/prompt.ts";
import { canonicalJson } from "../../text/canonical-json.ts";
import { objectOf, objectsOf, stringOf, type JsonObject } from "../../wire/json-value.ts";

/** The content of a message, or the output of a call: a string, or a list of parts. */
export interface Content {
  readonly texts: readonly string[];
  readonly media: readonly Media[];
  /** What identifies each part that is not text, the same however a client writes it. */
  readonly attachments: readonly string[];
}

const textTypes: ReadonlySet<unknown> = new Set([
  "input_text",
  "output_text",
  "text",
  "summary_text",
  "reasoning_text",
]);

export function readContent(content: unknown): Content {
  if (typeof content === "string") {
    return { texts: content === "" ? [] : [content], media: [], attachments: [] };
  }
  const texts: string[] = [];
  const media: Media[] = [];
  const attachments: string[] = [];
  for (const part of objectsOf(content)) {
    const key = textKeyOf(part);
    if (key !== undefined) {
      texts.push(stringOf(part[key]) ?? "");
      continue;
    }
    attachments.push(identityOf(part));
    const found = mediaOf(part);
    if (found !== undefined) media.push(found);
  }
  return { texts, media, attachments };
}

/** The member of a part that holds its text; undefined where it has none. */
export function textKeyOf(part: JsonObject): "text" | "refusal" | undefined {
  if (textTypes.has(part["type"]) && typeof part["text"] === "string") return "text";
  return part["type"] === "refusal" && typeof part["refusal"] === "string" ? "refusal" : undefined;
}

function mediaOf(part: JsonObject): Media | undefined {
  switch (part["type"]) {
    case "input_image":
    case "computer_screenshot":
      return { kind: "image", base64: inlined(stringOf(part["image_url"])) };
    case "input_file":
      return { kind: "document", base64: inlined(stringOf(part["file_data"])) };
    case "input_audio":
      return { kind: "audio", base64: stringOf(objectOf(part["input_audio"])?.["data"]) };
    default:
      return undefined;
  }
}

/** The base64 of a `data:` URL (RFC 2397); undefined for any other URL. */
function inlined(url: string | undefined): string | undefined {
  if (url === undefined || !url.startsWith("data:")) return undefined;
  const comma = url.indexOf(",");
  return comma === -1 ? undefined : url.slice(comma + 1);
}

// Ids are the provider's, status says how far it came, and clients move cache marks from turn to turn.
const passing = new Set(["id", "status", "prompt_cache_breakpoint"]);

/** The canonical text of an item or a part, freed from what does not belong to its meaning. */
export function identityOf(fields: JsonObject): string {
  const lasting = Object.entries(fields).filter(([key, value]) => value !== null && !passing.has(key));
  const json = JSON.stringify(Object.fromEntries(lasting));
  return canonicalJson(json) ?? json;
}
