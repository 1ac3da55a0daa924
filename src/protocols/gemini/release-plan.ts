import type { CallChange } from "../../exchange/turn.ts";
import { setMembers, type TextEdit } from "../../wire/json-edit.ts";
import { parseAt, typeAt, type Span } from "../../wire/json-text.ts";
import { isObjectText } from "../../wire/object-text.ts";
import { CallTracker } from "./call-tracker.ts";
import type { Chunk, ChunkCandidate } from "./chunk.ts";
import { fieldAt, setField } from "./fields.ts";
import { objectAt, type ContentPart } from "./parts.ts";
import { changeRepeated, repeatedAt } from "./repeated.ts";
import { withArguments } from "./written-call.ts";

/** The edits of one chunk, and whether it then still says something to the client. */
export interface ChunkEdits {
  readonly edits: readonly TextEdit[];
  readonly says: boolean;
}

/** An empty text, as the API itself ends streams: SDKs take a content without parts for no answer. */
const noWords = '{"text":""}';

function keyOf({ choice, position }: { readonly choice: number; readonly position: number }): string {
  return `${choice} ${position}`;
}

/** What becomes of the calls of one turn, carried out chunk by chunk. Feed every chunk, in order. */
export class ReleasePlan {
  readonly #changes: ReadonlyMap<string, CallChange>;
  readonly #tracker = new CallTracker();

  constructor(changes: readonly CallChange[]) {
    this.#changes = new Map(changes.map((change) => [keyOf(change.call), change]));
  }

  edit(chunk: Chunk): ChunkEdits {
    const edits: TextEdit[] = [];
    let says = chunk.blockReason !== undefined;
    for (const candidate of chunk.candidates) {
      const left = this.#editParts(chunk.text, candidate, edits);
      says ||= left > 0 || candidate.finishReason !== undefined;
    }
    return { edits, says };
  }

  /** How many parts are left of a candidate. */
  #editParts(text: string, candidate: ChunkCandidate, edits: TextEdit[]): number {
    const { index, parts, content } = candidate;
    const removed = new Set<number>();
    if (this.#changes.size > 0) {
      for (const [at, part] of parts.entries()) {
        const to = this.#editPart(text, index, part);
        if (to === null) removed.add(at);
        else edits.push(...to);
      }
    }
    const left = parts.length - removed.size;
    const list = content === undefined ? undefined : repeatedAt(text, fieldAt(text, content, "parts"));
    if (list === undefined || removed.size === 0) return left;
    const inserted = new Map(left === 0 ? [[0, [noWords]]] : []);
    edits.push(...changeRepeated(list, { removed, inserted }));
    return left;
  }

  /** Null where the part leaves. A rewritten call stands whole in the part that began it. */
  #editPart(text: string, choice: number, part: ContentPart): TextEdit[] | null {
    const piece = this.#tracker.take(choice, part);
    const change = piece === undefined ? undefined : this.#changes.get(keyOf(piece.call));
    if (piece === undefined || change === undefined) return [];
    if (change.kind === "drop" || !piece.opens) return null;
    const { argumentsText } = change;
    const args = isObjectText(argumentsText) ? argumentsText : JSON.stringify(argumentsText);
    if (piece.call.inPieces) return [{ ...part.span, text: withArguments(part.original, args) }];
    const call = objectAt(text, part.span, "functionCall");
    return call === undefined ? [] : [setField(text, call, "args", args)];
  }
}

/** Adds output tokens to the usage in an answer or a chunk, where there is one. */
export function addOutputTokens(text: string, root: Span, added: number): TextEdit[] {
  const usage = added === 0 ? undefined : fieldAt(text, root, "usageMetadata");
  if (usage === undefined || typeAt(text, usage) !== "object") return [];
  const counts = ["candidatesTokenCount", "totalTokenCount"].map((name): [string, string] => {
    const span = fieldAt(text, usage, name);
    const count = span === undefined ? 0 : parseAt(text, span);
    return [name, String((typeof count === "number" ? count : 0) + added)];
  });
  return setMembers(text, usage, counts);
}
