interface Noted<Note> {
  readonly on: object;
  readonly note: Note;
}

/**
 * Notes on objects that live as long as one request, as a `WeakMap` would hold them. An engine that
 * collects young objects takes what a long-lived `WeakMap` holds for alive, so that each request would
 * leave its note behind until the next full collection. Here the object itself holds it.
 */
export class Notes<Note> {
  readonly #key = Symbol("note");

  set(on: object, note: Note): void {
    (on as Record<symbol, Noted<Note>>)[this.#key] = { on, note };
  }

  /** Undefined for a copy of the object: what it says may have been changed. */
  get(on: object): Note | undefined {
    const noted = (on as Record<symbol, Noted<Note> | undefined>)[this.#key];
    return noted?.on === on ? noted.note : undefined;
  }
}
