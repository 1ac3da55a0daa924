const unitsMin = 64;
const unitsMax = 1024;

/**
 * A text that comes in small pieces over a long time. Put together with `+=`, each piece stays in two objects
 * for as long as the text grows, and all of them outlive the collector's young generation: of a long stream
 * that is twice what it says. Here pieces are copied (UTF-16, so that a character that is cut in two comes
 * together again) until there is enough for one string.
 */
export class GrowingText {
  #before = "";
  #units = nothing;
  #length = 0;
  /** All units that were copied, or-ed. */
  #seen = 0;

  get isEmpty(): boolean {
    return this.#length === 0 && this.#before === "";
  }

  append(piece: string): void {
    const { length } = piece;
    if (this.#length + length > this.#units.length && !this.#hasRoom(length)) {
      this.#before += piece;
      return;
    }
    const [units, end] = [this.#units, this.#length];
    let seen = this.#seen;
    for (let at = 0; at < length; at++) {
      const unit = piece.charCodeAt(at);
      units[end + at] = unit;
      seen |= unit;
    }
    this.#seen = seen;
    this.#length += length;
  }

  toString(): string {
    return this.#before + this.#copied();
  }

  /** Makes room for so many units; false where that is not worth while. */
  #hasRoom(length: number): boolean {
    if (this.#length + length > unitsMax) {
      this.#before += this.#copied();
      this.#length = this.#seen = 0;
      if (length > unitsMax) return false;
    }
    const needed = this.#length + length;
    if (needed <= this.#units.length) return true;
    const grown = new Uint16Array(Math.min(unitsMax, Math.max(unitsMin, needed, this.#units.length * 4)));
    grown.set(this.#units.subarray(0, this.#length));
    this.#units = grown;
    return true;
  }

  #copied(): string {
    const units = this.#units.subarray(0, this.#length);
    // A text of single bytes takes half as much as one that only might hold more.
    if (this.#seen > 0xff) return Buffer.from(units.buffer, 0, units.byteLength).toString("utf16le");
    narrow.set(units);
    return narrow.toString("latin1", 0, units.length);
  }
}

const nothing = new Uint16Array();
const narrow = Buffer.alloc(unitsMax);
