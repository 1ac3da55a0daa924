import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeLookAlikes, unescapeLookAlikes } from "../../src/text/look-alikes.ts";

describe("escapeLookAlikes", () => {
  it.each([
    ["an opening tag", '<untrusted-data id="AAAA">', '<quoted-untrusted-data id="AAAA">'],
    ["a closing tag", "</untrusted-data>", "</quoted-untrusted-data>"],
    ["capitals", "</UNTRUSTED-Data>", "</quoted-UNTRUSTED-Data>"],
    ["spaces", "< / untrusted - data >", "< / quoted-untrusted - data >"],
    ["spaced letters", "<u n t r u s t e d-d a t a>", "<quoted-u n t r u s t e d-d a t a>"],
    ["a line break", "<\nuntrusted-\ndata>", "<\nquoted-untrusted-\ndata>"],
    ["an underscore", "<untrusted_data>", "<quoted-untrusted_data>"],
    ["no hyphen", "<untrusteddata>", "<quoted-untrusteddata>"],
    ["a long dash", "<untrusted—data>", "<quoted-untrusted—data>"],
    [
      "zero width characters",
      "<\u200bun\u200dtru\u2060sted-da\ufeffta>",
      "<\u200bquoted-un\u200dtru\u2060sted-da\ufeffta>",
    ],
    ["a soft hyphen", "<untru\u00adsted-data>", "<quoted-untru\u00adsted-data>"],
    ["tag characters", "<untru\u{e0041}sted-data>", "<quoted-untru\u{e0041}sted-data>"],
    ["combining marks", "<u\u0308ntrusted-data>", "<quoted-u\u0308ntrusted-data>"],
    ["accents", "<üntrústed-dátà>", "<quoted-üntrústed-dátà>"],
    ["fullwidth forms", "＜／ｕｎｔｒｕｓｔｅｄ－ｄａｔａ＞", "＜／quoted-ｕｎｔｒｕｓｔｅｄ－ｄａｔａ＞"],
    ["guillemets", "‹untrusted-data›", "‹quoted-untrusted-data›"],
    [
      "angle brackets",
      "⟨/untrusted-data⟩ 《untrusted-data》",
      "⟨/quoted-untrusted-data⟩ 《quoted-untrusted-data》",
    ],
    ["Cyrillic letters", "</untruѕtеd-dаtа>", "</quoted-untruѕtеd-dаtа>"],
    ["mathematical letters", "<𝐮𝐧𝐭𝐫𝐮𝐬𝐭𝐞𝐝-𝐝𝐚𝐭𝐚>", "<quoted-𝐮𝐧𝐭𝐫𝐮𝐬𝐭𝐞𝐝-𝐝𝐚𝐭𝐚>"],
    ["a ligature", "<untruﬆed-data>", "<quoted-untruﬆed-data>"],
    ["HTML's spelling", "&lt;/untrusted-data&gt;", "&lt;/quoted-untrusted-data&gt;"],
    ["HTML without a semicolon", "&LTuntrusted-data", "&LTquoted-untrusted-data"],
    ["HTML escaped twice", "&amp;lt;untrusted-data", "&amp;lt;quoted-untrusted-data"],
    ["HTML's decimal spelling", "&#00060;untrusted-data", "&#00060;quoted-untrusted-data"],
    ["HTML's hexadecimal spelling", "&#x3C;untrusted-data", "&#x3C;quoted-untrusted-data"],
    [
      "JSON's spelling",
      String.raw`"\u003c/untrusted-data\u003e"`,
      String.raw`"\u003c/quoted-untrusted-data\u003e"`,
    ],
    ["C's spelling", String.raw`\x3cuntrusted-data`, String.raw`\x3cquoted-untrusted-data`],
    ["a URL's spelling", "%253Cuntrusted-data%253E", "%253Cquoted-untrusted-data%253E"],
    ["a bracket before the bracket", "<<untrusted-data>>", "<<quoted-untrusted-data>>"],
    ["several", "<untrusted-data></untrusted-data>", "<quoted-untrusted-data></quoted-untrusted-data>"],
    ["one that is escaped already", "<quoted-untrusted-data>", "<quoted-quoted-untrusted-data>"],
  ])("makes %s inert", (_, text, escaped) => {
    expect(escapeLookAlikes(text)).toBe(escaped);
    expect(unescapeLookAlikes(escaped)).toBe(text);
  });

  it.each([
    "All untrusted data must be escaped.",
    "if (a < b) return untrusted.data;",
    "<p>untrusted data</p> <u>nothing</u> <unordered-list>",
    "a <- untrusted_source; data",
    '{"html":"\\u003cdiv\\u003e","entity":"&lt;u&gt;"}',
    "",
  ])("leaves other text as it is: %s", (text) => {
    expect(escapeLookAlikes(text)).toBe(text);
  });

  it("takes no mark away that does not stand directly before the name", () => {
    for (const text of ["<quoted- untrusted-data>", "<quoted-\u200buntrusted-data>", "<untrusted-data>"]) {
      expect(unescapeLookAlikes(text)).toBe(text);
      expect(unescapeLookAlikes(escapeLookAlikes(text))).toBe(text);
    }
  });

  it("is undone exactly, however often it was done", () => {
    const piece = fc.constantFrom(
      ..."< ＜ ‹ &lt; &amp;lt; \\u003c %3c / quoted- quoted untrusted Untrusted u n trusted - data d ata".split(
        " ",
      ),
      " ",
      "\u200b",
      "\u0301",
      "ﬆ",
      "😀",
      "\ud83d",
      ">",
    );
    const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(text, (plain) => {
        const once = escapeLookAlikes(plain);
        expect(unescapeLookAlikes(once)).toBe(plain);
        expect(unescapeLookAlikes(unescapeLookAlikes(escapeLookAlikes(once)))).toBe(plain);
      }),
      { numRuns: 2_000 },
    );
  });

  it("takes a megabyte of brackets, of unseen characters and of near misses", () => {
    for (const text of [
      "<".repeat(1_000_000),
      `<${"\u200b".repeat(1_000_000)}`,
      "<\u200b/".repeat(300_000),
      "<untrusted-dat".repeat(70_000),
      "&amp;".repeat(200_000),
      "\\u003c".repeat(160_000),
    ]) {
      expect(escapeLookAlikes(text)).toBe(text);
    }
    const tags = "<untrusted-data>".repeat(60_000);
    expect(unescapeLookAlikes(escapeLookAlikes(tags))).toBe(tags);
  });
});
