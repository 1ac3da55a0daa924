import { GrowingText } from "../../wire/growing-text.ts";
import { applyEdits, setMember } from "../../wire/json-edit.ts";
import { member, members, parseAt, rootSpan } from "../../wire/json-text.ts";
import { objectOf, stringOf } from "../../wire/json-value.ts";
import type { JsonObject } from "../../wire/json-value.ts";
import { isObjectText } from "../../wire/object-text.ts";
import { toolUseOf } from "./blocks.ts";
import type { ToolUse } from "./blocks.ts";

/**
 * A content block as it comes in pieces: the text of `content_block`, and what the deltas make of it.
 * Members that no delta names keep their bytes, so the block can be sent back as it was meant.
 */
export class StreamedBlock {
  readonly #start: string;
  readonly #fields: JsonObject;
  /** Pieces that are appended to a string, by the name of the member. */
  readonly #pieces = new Map<string, GrowingText>();
  /** JSON texts that take the place of a member. */
  readonly #assigned = new Map<string, string>();
  readonly #citations: string[] = [];
  #input = "";

  constructor(start: string) {
    this.#start = start;
    this.#fields = objectOf(parseAt(start, rootSpan(start))) ?? {};
  }

  /** Takes a delta, parsed. Its JSON text is looked for only where it is kept as it came. */
  apply(delta: JsonObject, jsonText: () => string): void {
    switch (delta["type"]) {
      case "text_delta":
        return this.#append("text", delta);
      case "thinking_delta":
        return this.#append("thinking", delta);
      case "input_json_delta":
        this.#input += stringOf(delta["partial_json"]) ?? "";
        return;
      case "citations_delta": {
        const text = jsonText();
        const citation = member(text, rootSpan(text), "citation");
        if (citation !== undefined) this.#citations.push(text.slice(citation.start, citation.end));
        return;
      }
      default: {
        const text = jsonText();
        // `signature_delta` and `compaction_delta` carry final values; of a delta that this version
        // does not know the same is assumed.
        for (const { key, value } of members(text, rootSpan(text))) {
          if (key !== "type") this.#assigned.set(key, text.slice(value.start, value.end));
        }
      }
    }
  }

  get type(): string {
    return stringOf(this.#fields["type"]) ?? "";
  }

  /** What the client can see of it: the text of a text block. */
  get text(): string {
    return this.type === "text" ? this.#joined("text") : "";
  }

  get use(): ToolUse | undefined {
    return toolUseOf(this.#fields, this.#inputText());
  }

  /** False where its input came in pieces that are no JSON object together. */
  get inputIsObject(): boolean {
    return this.#input === "" || isObjectText(this.#input);
  }

  /** The block whole, as JSON text. Input that is no object, as a cut one, is `{}` in it. */
  json(): string {
    const start = this.#start;
    const root = rootSpan(start);
    const values = new Map(this.#assigned);
    for (const name of this.#pieces.keys()) values.set(name, JSON.stringify(this.#joined(name)));
    if (this.#input !== "") values.set("input", this.inputIsObject ? this.#input : "{}");
    if (this.#citations.length > 0) values.set("citations", this.#citedSoFar());
    return applyEdits(
      start,
      Array.from(values, ([name, value]) => setMember(start, root, name, value)),
    );
  }

  #append(name: string, delta: JsonObject): void {
    const piece = stringOf(delta[name]);
    if (piece === undefined) return;
    const pieces = this.#pieces.get(name) ?? new GrowingText();
    pieces.append(piece);
    this.#pieces.set(name, pieces);
  }

  #joined(name: string): string {
    return (stringOf(this.#fields[name]) ?? "") + (this.#pieces.get(name)?.toString() ?? "");
  }

  /** A call without arguments streams one empty delta, or none: its input is then that of the start. */
  #inputText(): string {
    if (this.#input !== "") return this.#input;
    const input = member(this.#start, rootSpan(this.#start), "input");
    return input === undefined ? "{}" : this.#start.slice(input.start, input.end);
  }

  #citedSoFar(): string {
    const own = this.#fields["citations"];
    const before = Array.isArray(own) ? own.map((one) => JSON.stringify(one)) : [];
    return `[${[...before, ...this.#citations].join(",")}]`;
  }
}
