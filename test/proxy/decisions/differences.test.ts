import { expect, it } from "vitest";
import { decidedCalls } from "../../../src/proxy/decisions/decided-calls.ts";
import { carriesOut, differences } from "../../../src/proxy/decisions/differences.ts";
import { mappedCalls } from "../../../src/proxy/decisions/mapped-call.ts";
import type { MappedCall } from "../../../src/proxy/decisions/mapped-call.ts";
import type { DecidedCall } from "../../../src/exchange/run-facts.ts";

function called(body: object, names: readonly string[], query = ""): MappedCall {
  const templates = Object.fromEntries(
    names.map((name) => [name, name.startsWith("?") ? `{${name}}` : `{/${name}}`]),
  );
  const mapping = { tool: "pay", path: "/p", arguments: templates };
  const call = {
    method: "POST",
    path: "/p",
    query,
    contentType: undefined,
    body: Buffer.from(JSON.stringify(body)),
  };
  return mappedCalls([mapping], call)[0] as MappedCall;
}
const decided = (members: object, name = "pay"): DecidedCall =>
  decidedCalls([
    { id: "c", name, kind: "function", argumentsText: JSON.stringify(members) },
  ])[0] as DecidedCall;

it("tells in which of the mapped arguments a call differs", () => {
  const call = called({ a: 1, b: { x: [1] }, c: "same", d: 1 }, ["a", "b", "c"]);
  expect(differences(call, decided({ a: 2, b: { x: [2] }, c: "same", d: 2 }))).toEqual(["a", "b"]);
});

it("takes what is null for what is not there", () => {
  const names = ["a", "b"];
  expect(differences(called({ a: null }, names), decided({ b: null }))).toEqual([]);
  expect(differences(called({}, names), decided({ a: "" }))).toEqual(["a"]);
  expect(differences(called({ a: 0 }, names), decided({}))).toEqual(["a"]);
});

it("takes a text of the query for the number that it is written for", () => {
  const call = called({}, ["?n"], "?n=5.0");
  expect(differences(call, decided({ "?n": 5 }))).toEqual([]);
  expect(differences(call, decided({ "?n": "5.0" }))).toEqual([]);
  expect(differences(call, decided({ "?n": "5" }))).toEqual(["?n"]);
});

it("carries out a decision of its name alone", () => {
  expect(carriesOut(called({ a: 1 }, ["a"]), decided({ a: 1 }))).toBe(true);
  expect(carriesOut(called({ a: 1 }, ["a"]), decided({ a: 1 }, "charge"))).toBe(false);
  expect(carriesOut(called({ a: 1 }, []), decided({ z: 1 }))).toBe(true);
});
