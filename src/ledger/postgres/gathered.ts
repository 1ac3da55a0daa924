/** Questions that one statement answers at most. */
const askedMax = 256;
/** Bytes in them, where not one alone has more. */
const bytesMax = 1024 * 1024;

interface Waiting<Asked, Told> {
  readonly asked: Asked;
  readonly resolve: (told: Told) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Questions of one kind that are asked in the same turn of the event loop, answered by one statement: each
 * has its price on both sides of the wire, and many turns of models ask at the same moment.
 */
export class Gathered<Asked, Told> {
  readonly #answerAll: (asked: readonly Asked[]) => Promise<readonly Told[]>;
  readonly #sizeOf: (asked: Asked) => number;
  #waiting: Waiting<Asked, Told>[] = [];

  /** `answerAll` answers in the order of the questions; where it rejects, all of them do. */
  constructor(
    answerAll: (asked: readonly Asked[]) => Promise<readonly Told[]>,
    sizeOf: (asked: Asked) => number = () => 0,
  ) {
    this.#answerAll = answerAll;
    this.#sizeOf = sizeOf;
  }

  ask(asked: Asked): Promise<Told> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ asked, resolve, reject }) === 1) setImmediate(() => this.#send());
    });
  }

  #send(): void {
    const all = this.#waiting;
    this.#waiting = [];
    for (let from = 0; from < all.length;) {
      const some = this.#fitting(all, from);
      from += some.length;
      void answer(some, this.#answerAll);
    }
  }

  /** One at least. */
  #fitting(all: readonly Waiting<Asked, Told>[], from: number): readonly Waiting<Asked, Told>[] {
    let bytes = 0;
    let to = from;
    while (to < all.length && to - from < askedMax) {
      const next = all[to] as Waiting<Asked, Told>;
      bytes += this.#sizeOf(next.asked);
      if (to > from && bytes > bytesMax) break;
      to++;
    }
    return all.slice(from, to);
  }
}

async function answer<Asked, Told>(
  some: readonly Waiting<Asked, Told>[],
  answerAll: (asked: readonly Asked[]) => Promise<readonly Told[]>,
): Promise<void> {
  try {
    const told = await answerAll(some.map(({ asked }) => asked));
    for (const [at, { resolve }] of some.entries()) resolve(told[at] as Told);
  } catch (thrown) {
    for (const { reject } of some) reject(thrown);
  }
}
