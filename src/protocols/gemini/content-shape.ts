import type { Role, Span } from "../../exchange/prompt.ts";
import type { Call } from "../../exchange/turn.ts";
import { byContent } from "../../wire/by-content.ts";
import { parseAt, rootSpan, stringAt, typeAt } from "../../wire/json-text.ts";
import { malformed } from "../request-faults.ts";
import { saidHash } from "./content-hash.ts";
import { fieldAt } from "./fields.ts";
import { elementsIn, partsAt, readPart, type ContentPart } from "./parts.ts";

/** Everything derived from one message. All spans count from its start. */
export interface ContentShape {
  readonly role: Role;
  readonly parts: readonly ContentPart[];
  readonly calls: readonly Call[];
  readonly hasResults: boolean;
  readonly hasUserContent: boolean;
  readonly hash: string;
}

/** Messages kept with what was found in them: 32 Mi UTF-16 units of text at most. */
const contentCharsMax = 32 * 1024 * 1024;

/**
 * Reads one message, given as the JSON text of one element of `contents`, or of several elements of a
 * model and the commas between them: a client that was streamed to may send every piece back as an
 * element of its own. Throws `JsonTextError` or `request_malformed`.
 */
export const shapeOf: (run: string) => ContentShape = byContent(contentCharsMax, (run) => {
  const contents = elementsIn(run).map((span) => readContent(run, span));
  const parts = contents.flatMap((content) => content.parts);
  const role = contents[0]?.role ?? "user";
  const isModel = role === "assistant";
  const calls = parts.flatMap(({ call }) =>
    call === undefined ? [] : [{ ...call, kind: "function" as const }],
  );
  return {
    role,
    parts,
    calls,
    hasResults: parts.some(({ result }) => result !== undefined),
    hasUserContent: !isModel && parts.some(({ result }) => result === undefined),
    hash: saidHash({
      role: isModel ? "model" : "user",
      text: parts.map(({ said }) => said).join(""),
      calls,
      results: parts.flatMap(({ result }) => result?.text ?? []),
      // Of what a model said its text and its calls must be enough: they are all that is known of an
      // answer before a client sends it back.
      rest: isModel ? [] : parts.flatMap(({ identity }) => identity ?? []),
    }),
  };
});

function readContent(run: string, span: Span): { role: Role; parts: readonly ContentPart[] } {
  if (typeAt(run, span) !== "object") throw malformed("Each element of `contents` must be an object.");
  // Parsed once as a whole, so that what is no JSON is found wherever it stands.
  parseAt(run, span);
  const role = fieldAt(run, span, "role");
  return {
    role: roleOf(role === undefined ? "" : stringAt(run, role)),
    parts: partsAt(run, span).map((part) => readPart(run, part)),
  };
}

/** Roles are `user` and `model`; results once had one of their own. */
function roleOf(role: string | undefined): Role {
  if (role === "model") return "assistant";
  return role === "function" ? "tool" : "user";
}

/** Parts of a system instruction, which is a content, or only its text. */
export const systemParts: (text: string) => { readonly parts: readonly ContentPart[] } = byContent(
  8 * 1024 * 1024,
  (text) => {
    const root = rootSpan(text);
    parseAt(text, root);
    const parts = typeAt(text, root) === "object" ? partsAt(text, root) : [];
    return { parts: parts.map((span) => readPart(text, span)) };
  },
);
