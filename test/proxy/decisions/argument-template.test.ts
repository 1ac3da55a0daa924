import { describe, expect, it } from "vitest";
import { ArgumentSources, fillArgument } from "../../../src/proxy/decisions/argument-template.ts";
import { jsonHash, textHashes } from "../../../src/proxy/decisions/value-hash.ts";

const json = '{"to":"a@x","n":5.0,"deep":{"list":[{"id":"é"}]},"a/b":true,"nothing":null}';
const sources = (more: Partial<ConstructorParameters<typeof ArgumentSources>[0]> = {}): ArgumentSources =>
  new ArgumentSources({
    query: "?page=2&tag=a&tag=b&empty=",
    contentType: "application/json",
    body: json,
    segments: new Map([["user", "u 1"]]),
    ...more,
  });
const filled = (template: string, of = sources()) => fillArgument(template, of);

describe("a template that is one place", () => {
  it.each([
    ["{/to}", '"a@x"'],
    ["{/n}", "5"],
    ["{/deep}", '{"list":[{"id":"é"}]}'],
    ["{/deep/list/0/id}", '"é"'],
    ["{/a~1b}", "true"],
    ["{/nothing}", "null"],
  ])("gives the value that stands there: %s", (template, value) =>
    expect(filled(template)).toEqual({ hashes: [jsonHash(value)], shown: value }),
  );

  it.each([
    ["{?page}", "2"],
    ["{?empty}", ""],
    ["{user}", "u 1"],
  ])("gives a text of which nobody said the type: %s", (template, text) =>
    expect(filled(template)).toEqual({ hashes: textHashes(text), shown: JSON.stringify(text) }),
  );

  it.each(["{/no}", "{/deep/list/1}", "{?no}", "{?tag}", "{other}"])(
    "gives nothing where none is: %s",
    (template) => expect(filled(template)).toBeNull(),
  );

  it("reads the fields of a form", () => {
    const form = sources({
      contentType: "application/x-www-form-urlencoded; a=b",
      body: "n=12.5&item[id]=7&x=1&x=2",
    });
    expect(filled("{/n}", form)?.hashes).toContain(jsonHash("12.5"));
    expect(filled("{/item[id]}", form)?.hashes).toContain(jsonHash("7"));
    expect(filled("{/x}", form)).toBeNull();
  });

  it.each(["", "{", '{"to":1,"to":2}', "plain"])(
    "finds no field in a body of no single meaning: %j",
    (body) => expect(filled("{/to}", sources({ body }))).toBeNull(),
  );
});

describe("a template with text around", () => {
  it.each([
    ["to {/to}, {/n} times", "to a@x, 5.0 times"],
    ["{user}/{?page}", "u 1/2"],
    ["{/a~1b}!", "true!"],
    ["constant", "constant"],
    ["", ""],
  ])("gives a text: %j", (template, text) =>
    expect(filled(template)).toEqual({
      hashes: [jsonHash(JSON.stringify(text))],
      shown: JSON.stringify(text),
    }),
  );

  it.each(["a {/no}", "a {/deep}", "a {/nothing}", "a {?tag}"])(
    "gives nothing without all of it: %s",
    (template) => expect(filled(template)).toBeNull(),
  );
});
