import type { Part, Prompt, PromptEdit } from "../../exchange/prompt.ts";
import type { TextEdit } from "../../wire/json-edit.ts";
import { fieldAt } from "./fields.ts";
import type { RequestLayout } from "./layout.ts";
import { objectAt } from "./parts.ts";
import { changeRepeated, repeatedAt } from "./repeated.ts";
import { editResultWords, stubResult } from "./result-words.ts";

type EditOf<Kind extends PromptEdit["kind"]> = Extract<PromptEdit, { kind: Kind }>;

/** Which elements of `contents` leave, and which come, so that the commas are set once. */
export class ContentsChange {
  readonly #prompt: Prompt;
  readonly #layout: RequestLayout;
  readonly #removed = new Set<number>();
  readonly #inserted = new Map<number, readonly string[]>();
  readonly #replaced = new Map<number, readonly string[]>();
  readonly #inside: TextEdit[] = [];

  constructor(prompt: Prompt, layout: RequestLayout) {
    this.#prompt = prompt;
    this.#layout = layout;
  }

  drop({ from, to }: EditOf<"drop-messages">): void {
    for (const run of this.#layout.runs.slice(from, to)) this.#removeRun(run);
  }

  replace({ message, rawMessages }: EditOf<"replace-message">): void {
    const run = existing(this.#layout.runs[message], `message ${message}`);
    this.#removeRun(run);
    this.#replaced.set(run.from, rawMessages);
  }

  /** A content of its own. There is no role for instructions here, so they come as a user's. */
  insert(after: number, text: string): void {
    const before = after < 0 ? 0 : existing(this.#layout.runs[after], `message ${after}`).to;
    const content = JSON.stringify({ role: "user", parts: [{ text }] });
    this.#inserted.set(before, [...(this.#inserted.get(before) ?? []), content]);
  }

  /** Other texts for a result, or one stub for all that is in it. */
  rewriteResult({ part: index, texts }: EditOf<"result-texts">): void {
    const part = existing(this.#prompt.parts[index], `part ${index}`);
    const response = objectAt(this.#prompt.text, part.span, "functionResponse");
    if (part.kind !== "result" || response === undefined) throw new RangeError(`Part ${index} is no result.`);
    const [text, ...more] = texts;
    // What says nothing has nothing to rewrite.
    if (text === undefined && part.texts.length === 0) return;
    if (text === undefined || more.length > 0) {
      throw new RangeError(`Part ${index} has one text, the edit has ${texts.length}.`);
    }
    if (this.#leaves(part) || text === part.texts[0]) return;
    const edit = part.texts.length === 1 ? editResultWords : stubResult;
    this.#inside.push(...edit(this.#prompt.text, response, text));
  }

  /**
   * Thoughts leave their contents; a content of nothing else leaves itself, as the API refuses one
   * without parts. Signatures on calls and texts stay: those of the running turn are asked for.
   */
  dropThinking({ from, to }: EditOf<"drop-thinking">): void {
    const { text, parts } = this.#prompt;
    const leaving = new Set(
      parts
        .filter((one) => one.kind === "thinking" && one.message >= from && one.message < to)
        .map(({ span }) => span.start),
    );
    for (const run of this.#layout.runs.slice(from, to)) {
      for (let index = run.from; index < run.to; index++) {
        const content = this.#layout.contents.items[index];
        if (content === undefined || this.#removed.has(index)) continue;
        const list = repeatedAt(text, fieldAt(text, content, "parts"));
        const removed = new Set(list?.items.flatMap(({ start }, at) => (leaving.has(start) ? [at] : [])));
        if (list === undefined || removed.size === 0) continue;
        if (removed.size === list.items.length) this.#removed.add(index);
        else this.#inside.push(...changeRepeated(list, { removed, inserted: new Map() }));
      }
    }
  }

  textEdits(): TextEdit[] {
    const inserted = new Map(this.#inserted);
    for (const [index, raw] of this.#replaced) inserted.set(index, [...(inserted.get(index) ?? []), ...raw]);
    const change = { removed: this.#removed, inserted };
    return [...this.#inside, ...changeRepeated(this.#layout.contents, change)];
  }

  #removeRun({ from, to }: { readonly from: number; readonly to: number }): void {
    for (let index = from; index < to; index++) this.#removed.add(index);
  }

  #leaves({ message }: Part): boolean {
    const run = this.#layout.runs[message];
    return run !== undefined && this.#removed.has(run.from);
  }
}

function existing<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new RangeError(`The prompt has no ${what}.`);
  return value;
}
