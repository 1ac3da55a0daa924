import type { PromptPart } from "../exchange/moments.ts";
import type { Media, Part, PartKind, Role, Span } from "../exchange/prompt.ts";

/**
 * A part as it stands after earlier guards. It asks the part it stands for, and copies nothing:
 * what nobody looks at is not derived.
 */
export class JudgedPart implements PromptPart {
  readonly #part: Part;
  readonly #texts: readonly string[] | null;
  readonly dropped: boolean;

  constructor(part: Part, texts: readonly string[] | null, dropped: boolean) {
    this.#part = part;
    this.#texts = texts;
    this.dropped = dropped;
  }

  get currentTexts(): readonly string[] {
    return this.#texts ?? this.#part.texts;
  }
  get index(): number {
    return this.#part.index;
  }
  get message(): number {
    return this.#part.message;
  }
  get role(): Role {
    return this.#part.role;
  }
  get kind(): PartKind {
    return this.#part.kind;
  }
  get span(): Span {
    return this.#part.span;
  }
  get original(): string {
    return this.#part.original;
  }
  get pinned(): boolean {
    return this.#part.pinned;
  }
  get texts(): readonly string[] {
    return this.#part.texts;
  }
  get media(): readonly Media[] {
    return this.#part.media;
  }
  get result(): NonNullable<Part["result"]> {
    // Undefined on most parts, as the interface says; a getter cannot be declared optional.
    return this.#part.result as NonNullable<Part["result"]>;
  }
}

/** The parts of a prompt as the edits so far leave them. */
export function partsAfter(
  parts: readonly Part[],
  texts: ReadonlyMap<number, readonly string[]>,
  dropped: (part: Part) => boolean,
): readonly PromptPart[] {
  return parts.map((part) => new JudgedPart(part, texts.get(part.index) ?? null, dropped(part)));
}
