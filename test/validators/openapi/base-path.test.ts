import { describe, expect, it } from "vitest";
import { basePathsOf } from "../../../src/validators/openapi/base-path.ts";
import { DocumentFaults } from "../../../src/validators/openapi/document-fault.ts";

const pathsOf = (...urls: readonly string[]): readonly string[] =>
  basePathsOf(
    urls.map((url) => ({ url })),
    new DocumentFaults(),
  );

describe("the paths of servers", () => {
  it("are those of their URLs, each once, without a closing slash", () => {
    expect(pathsOf("https://a.example/v1/", "https://b.example/v1", "https://a.example")).toEqual([
      "/v1",
      "",
    ]);
    expect(pathsOf("/api/v3", "v3", "/")).toEqual(["/api/v3", "/v3", ""]);
    expect(basePathsOf(undefined, new DocumentFaults())).toEqual([]);
  });

  it("are as many as their variables have choices, within a bound", () => {
    const variables = {
      version: { default: "v2", enum: ["v1", "v2"] },
      region: { default: "eu" },
    };
    const server = { url: "https://{region}.example/{version}/{region}", variables };
    expect(basePathsOf([server], new DocumentFaults())).toEqual(["/v2/eu", "/v1/eu"]);
    const letter = { default: "a", enum: "abcdefghij".split("") };
    const many = { url: "/{a}/{b}/{c}", variables: { a: letter, b: letter, c: letter } };
    expect(basePathsOf([many], new DocumentFaults())).toHaveLength(64);
  });

  it("are faults where they are none", () => {
    const faults = new DocumentFaults();
    expect(basePathsOf("https://a.example", faults)).toEqual([]);
    expect(basePathsOf([{ uri: "/v1" }], faults)).toEqual([]);
    expect(faults.list.map(({ expected }) => expected)).toEqual(["a list of servers", "a server with a url"]);
  });
});
