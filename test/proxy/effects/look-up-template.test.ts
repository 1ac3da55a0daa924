import { describe, expect, it } from "vitest";
import {
  filled,
  filledPath,
  scalarAt,
  type LookUpValues,
} from "../../../src/proxy/effects/look-up-template.ts";

const values = (body: string | Uint8Array, contentType = "application/json"): LookUpValues => ({
  key: "k-1",
  contentType,
  body: typeof body === "string" ? Buffer.from(body) : body,
});
const order =
  '{"order": "o 1/?&#", "n": 12345678901234567890, "b": true, "deep": {"a~/": "x"}, "list": [1], "none": null, "empty": ""}';

describe("the path of a look-up", () => {
  it.each([
    ["/charges/{key}", "/charges/k-1"],
    ["/charges?key={key}&order={/order}", "/charges?key=k-1&order=o%201%2F%3F%26%23"],
    ["/n/{/n}/{/b}", "/n/12345678901234567890/true"],
    ["/x/{/deep/a~0~1}", "/x/x"],
    ["/x/{/list/0}", "/x/1"],
  ])("%s becomes %s", (template, path) => {
    expect(filledPath(template, values(order))).toBe(path);
  });

  it.each(["/x/{/none}", "/x/{/empty}", "/x/{/deep}", "/x/{/list}", "/x/{/missing}", "/x/{key}/{/missing}"])(
    "%s has none where a field is not there, or is no single value",
    (template) => {
      expect(filledPath(template, values(order))).toBeNull();
    },
  );

  it.each(["..", "."])("does not leave its folder by an identifier like %s", (name) => {
    expect(filledPath("/x/{/order}/y", values(JSON.stringify({ order: name })))).toBeNull();
    expect(filledPath("/x/{/order}", values(JSON.stringify({ order: name })))).toBeNull();
    expect(filledPath("/x?o={/order}", values(JSON.stringify({ order: name })))).not.toBeNull();
  });

  it("has the fields of a form, where they come once", () => {
    const form = "application/x-www-form-urlencoded; charset=utf-8";
    expect(filledPath("/x?m={/metadata[id]}", values("metadata%5Bid%5D=a+b&c=1", form))).toBe("/x?m=a%20b");
    expect(filledPath("/x?c={/c}", values("c=1&c=2", form))).toBeNull();
  });

  it("trusts no body that can be read in two ways", () => {
    expect(filledPath("/x/{/a}", values('{"a":"1","a":"2"}'))).toBeNull();
    expect(filledPath("/x/{/a}", values("{"))).toBeNull();
    expect(filledPath("/x/{/a}", values(Buffer.from([0x7b, 0xff])))).toBeNull();
    expect(filledPath("/x/{key}", values(Buffer.from([0xff])))).toBe("/x/k-1");
  });
});

it("fills a text in as it is", () => {
  expect(filled("charge of {/order}", values(order), String)).toBe("charge of o 1/?&#");
});

it("reads a single value as it is written", () => {
  expect(
    ["/n", "/b", "/order", "/none", "/deep", "/list"].map((pointer) => scalarAt(order, pointer)),
  ).toEqual(["12345678901234567890", "true", "o 1/?&#", null, null, null]);
});
