import { canonicalNumber } from "./canonical-number.ts";

const depthMax = 512;
/** RFC 8259, section 6. */
const numberGrammar = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

/**
 * The canonical form of a JSON text after RFC 8785 (JCS): equal values give equal texts, however
 * they were spelled, and different values give different texts.
 *
 * Plain JCS reads numbers as doubles, so that 9007199254740993 and 9007199254740992 would be one.
 * Here a number that a double cannot hold exactly keeps its digits behind a `#` (see
 * `canonicalNumber`); the result is then a key, and no JSON text any more.
 *
 * Null where JSON gives no single meaning: malformed text, duplicate names, lone surrogates, numbers
 * outside a double's range, nesting deeper than 512. The caller then keys the raw bytes.
 */
export function canonicalJson(text: string): string | null {
  try {
    return new Reader(text).document();
  } catch (error) {
    if (error instanceof NoCanonicalForm) return null;
    throw error;
  }
}

class NoCanonicalForm extends Error {}

interface Member {
  readonly name: string;
  readonly text: string;
}

/** An object or an array that is still open. `name` is that of the member being read. */
interface Open {
  readonly closer: "}" | "]";
  readonly members: Member[];
  elements: string;
  name: Member | undefined;
}

/**
 * Reads without recursion: a document may be deeper than the stack. Texts grow by `+`, which the
 * engine keeps as a rope and flattens once; joining at each level would copy a value once per level.
 */
class Reader {
  readonly #text: string;
  #at = 0;
  readonly #open: Open[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  document(): string {
    for (;;) {
      let value: string | undefined = this.#beginValue();
      while (value !== undefined) {
        const parent = this.#open.at(-1);
        if (parent === undefined) return this.#end(value);
        add(parent, value);
        value = this.#afterValue(parent);
      }
    }
  }

  /** A whole scalar or empty container, or undefined where a container was opened. */
  #beginValue(): string | undefined {
    const character = this.#peek();
    if (character === "{" || character === "[") return this.#openContainer(character);
    if (character === '"') return this.#string().text;
    if (character === "t") return this.#literal("true");
    if (character === "f") return this.#literal("false");
    if (character === "n") return this.#literal("null");
    return this.#number();
  }

  #openContainer(opener: "{" | "["): string | undefined {
    if (this.#open.length >= depthMax) throw new NoCanonicalForm();
    this.#at += 1;
    const closer = opener === "{" ? "}" : "]";
    if (this.#peek() === closer) {
      this.#at += 1;
      return opener + closer;
    }
    const opened: Open = { closer, members: [], elements: "", name: undefined };
    this.#open.push(opened);
    if (closer === "}") opened.name = this.#name();
    return undefined;
  }

  /** The text of the container if it ends here, or undefined where another value follows. */
  #afterValue(parent: Open): string | undefined {
    const character = this.#peek();
    this.#at += 1;
    if (character === ",") {
      if (parent.closer === "}") parent.name = this.#name();
      return undefined;
    }
    if (character !== parent.closer) throw new NoCanonicalForm();
    this.#open.pop();
    return parent.closer === "]" ? `[${parent.elements}]` : objectText(parent.members);
  }

  #end(value: string): string {
    this.#peek();
    if (this.#at < this.#text.length) throw new NoCanonicalForm();
    return value;
  }

  #name(): Member {
    if (this.#peek() !== '"') throw new NoCanonicalForm();
    const name = this.#string();
    if (this.#peek() !== ":") throw new NoCanonicalForm();
    this.#at += 1;
    return name;
  }

  #string(): Member {
    const start = this.#at;
    let escaped = false;
    let at = start + 1;
    for (;;) {
      const unit = this.#text.charCodeAt(at);
      if (unit === 0x22) break;
      if (!(unit >= 0x20)) throw new NoCanonicalForm(); // a control character, or NaN: the end
      if (unit === 0x5c) {
        escaped = true;
        at = this.#escapeEnd(at);
      } else at += 1;
    }
    this.#at = at + 1;
    const raw = this.#text.slice(start, at + 1);
    const name = escaped ? (JSON.parse(raw) as string) : raw.slice(1, -1);
    if (!name.isWellFormed()) throw new NoCanonicalForm();
    // Without escapes the text is canonical as it stands: JCS escapes only what JSON must escape.
    return { name, text: escaped ? JSON.stringify(name) : raw };
  }

  #escapeEnd(at: number): number {
    const kind = this.#text.charAt(at + 1);
    if (kind === "u") {
      if (!/^[0-9a-fA-F]{4}$/.test(this.#text.slice(at + 2, at + 6))) throw new NoCanonicalForm();
      return at + 6;
    }
    if (kind === "" || !'"\\/bfnrt'.includes(kind)) throw new NoCanonicalForm();
    return at + 2;
  }

  #number(): string {
    numberGrammar.lastIndex = this.#at;
    const raw = numberGrammar.exec(this.#text)?.[0];
    if (raw === undefined) throw new NoCanonicalForm();
    const canonical = canonicalNumber(raw);
    if (canonical === null) throw new NoCanonicalForm();
    this.#at += raw.length;
    return canonical;
  }

  #literal(word: string): string {
    if (!this.#text.startsWith(word, this.#at)) throw new NoCanonicalForm();
    this.#at += word.length;
    return word;
  }

  /** Skips white space; the character that stands there, or an empty string at the end. */
  #peek(): string {
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) break;
      this.#at += 1;
    }
    return this.#text.charAt(this.#at);
  }
}

function add(parent: Open, value: string): void {
  if (parent.name === undefined) parent.elements += parent.elements === "" ? value : `,${value}`;
  else parent.members.push({ name: parent.name.name, text: `${parent.name.text}:${value}` });
}

/** Members in the order of their names' UTF-16 code units, as `<` compares strings. */
function objectText(members: Member[]): string {
  members.sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0));
  let text = "";
  let previous: string | undefined;
  for (const member of members) {
    if (member.name === previous) throw new NoCanonicalForm();
    text += previous === undefined ? member.text : `,${member.text}`;
    previous = member.name;
  }
  return `{${text}}`;
}
