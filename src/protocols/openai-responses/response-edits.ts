import { setMembers, type TextEdit } from "../../wire/json-edit.ts";
import { member, parseAt, rootSpan, typeAt } from "../../wire/json-text.ts";
import { objectOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import { addOutputTokens, editOutput, outputOf, type ItemChange } from "./output-edit.ts";
import type { ShownItems } from "./shown-items.ts";

/** What is written into the response of a last event. */
export interface ResponseChange {
  /** What the client was told of the response first, where this event is of a later turn. */
  readonly envelope: string | undefined;
  /** The items that the client has. Those of earlier turns come in front of all others. */
  readonly shown: ShownItems;
  readonly changeOf: (element: JsonObject, index: number) => ItemChange | undefined;
  readonly addOutputTokens: number;
}

/** Members by which clients tell one response from another. */
const identity = ["id", "created_at"] as const;

/** Edits on the response in a last event. Its `output` is what the SDK's helper gives to its caller. */
export function responseEdits(
  text: string,
  { envelope, shown, changeOf, addOutputTokens: added }: ResponseChange,
): TextEdit[] {
  const response = member(text, rootSpan(text), "response");
  if (response === undefined || typeAt(text, response) !== "object") return [];
  const edits = addOutputTokens(text, response, added);
  const values: [string, string][] = envelope === undefined ? [] : identityOf(envelope);
  const output = outputOf(text, response);
  const earlier = envelope === undefined ? [] : shown.earlier;
  if (output !== undefined && (output.items.length > 0 || envelope === undefined)) {
    const fields = output.items.map((span) => objectOf(parseAt(text, span)) ?? {});
    edits.push(...editOutput(text, output, (index) => changeOf(fields[index] ?? {}, index), earlier));
    for (const [index, span] of output.items.entries()) {
      const id = stringOf(fields[index]?.["id"]);
      if (id === undefined || shown.idOf(id) === id || changeOf(fields[index] ?? {}, index)?.kind === "drop")
        continue;
      edits.push(...setMembers(text, span, [["id", JSON.stringify(shown.idOf(id))]]));
    }
  } else if (envelope !== undefined) {
    // A server that leaves the list out, or empty, has said everything in the stream.
    values.push(["output", `[${shown.all.join(",")}]`]);
  }
  return [...edits, ...setMembers(text, response, values)];
}

function identityOf(envelope: string): [string, string][] {
  const root = rootSpan(envelope);
  return identity.flatMap((key): [string, string][] => {
    const span = member(envelope, root, key);
    return span === undefined ? [] : [[key, envelope.slice(span.start, span.end)]];
  });
}
