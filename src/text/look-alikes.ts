/** What is put before the name in text that looks like our delimiter, once more on each escape. */
const mark = "quoted-";
const word = "untrusted";
const secondWord = "data";

/** What opens a tag in the eyes of a reader. */
const brackets = "<＜﹤‹˂ᐸ❬❮⟨⟪〈〈《«⧼≺≪⋖";
/** A bracket, or one as HTML, JSON, C and URLs spell it: a model reads all of them as brackets. */
const opener = new RegExp(
  String.raw`[${brackets}]|&(?:amp;)*(?:lt|#0*60|#x0*3c);?|\\(?:u00|x)3c|%(?:25)*3c`,
  "giu",
);

/** Letters of other scripts and small capitals that are drawn like those of our two words. */
const drawnAlike = new Map(
  Object.entries({
    u: "υսцᴜʋ",
    n: "пոηɴ",
    t: "тτᴛ",
    r: "гᴦʀ",
    s: "ѕꜱ",
    e: "еєεᴇ",
    d: "ԁժᴅ",
    a: "аαɑᴀ",
  }).flatMap(([letter, others]) => Array.from(others, (other) => [other, letter] as const)),
);

const invisible = /^[\p{Cf}\p{M}\p{Default_Ignorable_Code_Point}\p{Cc}]$/u;
const filler = /^[\s\p{P}\p{S}]$/u;

/** A place in a text that a reader could take for one of our delimiters. */
interface LookAlike {
  /** Where the name begins. */
  readonly name: number;
  /** How many marks stand directly before the name. */
  readonly marks: number;
}

/**
 * The text with every look-alike of `<untrusted-data` and `</untrusted-data` made inert, whatever its
 * id, case, brackets, spacing and spelling: a mark before the name (`<quoted-untrusted-data`).
 * `unescapeLookAlikes` gives the text back exactly. A text without look-alikes is returned as it is.
 */
export function escapeLookAlikes(text: string): string {
  let escaped = "";
  let from = 0;
  for (const { name } of lookAlikes(text)) {
    escaped += text.slice(from, name) + mark;
    from = name;
  }
  return from === 0 ? text : escaped + text.slice(from);
}

/** Takes one mark from every look-alike that has one. */
export function unescapeLookAlikes(text: string): string {
  let plain = "";
  let from = 0;
  for (const { name, marks } of lookAlikes(text)) {
    if (marks === 0) continue;
    plain += text.slice(from, name - mark.length);
    from = name;
  }
  return from === 0 ? text : plain + text.slice(from);
}

/**
 * Every search ends at the latest at the next bracket, so the whole takes time in proportion to the
 * text, however it was made.
 */
function* lookAlikes(text: string): Generator<LookAlike> {
  for (const found of text.matchAll(opener)) {
    const alike = nameAfter(text, found.index + found[0].length);
    if (alike !== undefined) yield alike;
  }
}

function nameAfter(text: string, start: number): LookAlike | undefined {
  let at = start;
  let marks = 0;
  for (;;) {
    if (text.startsWith(mark, at)) {
      marks += 1;
      at += mark.length;
      continue;
    }
    const next = read(text, at);
    if (next.letters.startsWith(word.charAt(0))) break;
    if (!next.skipped) return undefined;
    marks = 0;
    at = next.end;
  }
  const end = match(text, at, word);
  return end !== undefined && match(text, end, secondWord) !== undefined ? { name: at, marks } : undefined;
}

/** Where `letters` ends that begins at `start`, with anything unseen, spaces or signs in between. */
function match(text: string, start: number, letters: string): number | undefined {
  let at = start;
  let matched = 0;
  while (matched < letters.length) {
    const next = read(text, at);
    if (next.letters !== "" && letters.startsWith(next.letters, matched)) matched += next.letters.length;
    else if (!next.skipped) return undefined;
    at = next.end;
  }
  return at;
}

interface Reading {
  /** As a reader sees it: small letters without marks, of our script; empty where it shows none. */
  readonly letters: string;
  /** True for what may stand between letters: unseen characters, spaces, signs; never a bracket. */
  readonly skipped: boolean;
  readonly end: number;
}

function read(text: string, at: number): Reading {
  const code = text.codePointAt(at);
  if (code === undefined) return { letters: "", skipped: false, end: at };
  const plain = readings[code];
  if (plain !== undefined) return { ...plain, end: at + 1 };
  return readCharacter(code, at);
}

function readCharacter(code: number, at: number): Reading {
  const character = String.fromCodePoint(code);
  const end = at + character.length;
  if (invisible.test(character)) return { letters: "", skipped: true, end };
  const letters = character.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  const seen = Array.from(letters, (letter) => drawnAlike.get(letter) ?? letter).join("");
  return { letters: seen, skipped: filler.test(character) && !brackets.includes(character), end };
}

/** The readings of ASCII, which is nearly all of what is read. */
const readings: readonly Reading[] = Array.from({ length: 128 }, (_, code) => readCharacter(code, 0));
