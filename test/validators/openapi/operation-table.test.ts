import { describe, expect, it } from "vitest";
import { OperationTable, type Found } from "../../../src/validators/openapi/operation-table.ts";
import { documentOf } from "./calls.ts";

const id = { name: "id", in: "path", required: true, schema: {} };
const paths = {
  "/users/{id}": { get: { parameters: [id] }, delete: { parameters: [id] } },
  "/users/me": { get: {} },
  "/users/{id}/keys": { post: { parameters: [id] } },
};

function tableOf(
  upstreamPath: string,
  servers?: readonly string[],
  basePath?: string,
): (line: string) => unknown {
  const urls = servers?.map((url) => ({ url }));
  const { operations } = documentOf({
    openapi: "3.1.0",
    paths,
    ...(urls === undefined ? {} : { servers: urls }),
  });
  const table = new OperationTable(operations, upstreamPath, basePath);
  return (line) => {
    const [method = "", path = ""] = line.split(" ");
    return shown(table.find(method, path));
  };
}

function shown(found: Found): string {
  if (found.kind === "operation") {
    const values = [...found.values].map(([name, value]) => `${name}=${value}`).join();
    return `${found.operation.method} ${found.operation.template.written} ${values}`.trim();
  }
  if (found.kind === "method") return `${found.path} takes ${found.methods.join(", ")}`;
  return found.kind === "spelling" ? `is ${found.path}` : "unknown";
}

describe("the operations of a document", () => {
  it("are found by method and path, the concrete before the templated", () => {
    const find = tableOf("");
    expect(find("GET /users/me")).toBe("GET /users/me");
    expect(find("GET /users/you")).toBe("GET /users/{id} id=you");
    // A router that goes by both has only one operation for this.
    expect(find("DELETE /users/me")).toBe("DELETE /users/{id} id=me");
    expect(find("HEAD /users/me")).toBe("GET /users/me");
    expect(find("PUT /users/me")).toBe("/users/me takes GET, DELETE");
    expect(find("GET /users")).toBe("unknown");
  });

  it("are found by the decoded path, and a decoded slash is part of a value", () => {
    const find = tableOf("");
    expect(find("GET /%75sers/a%20b")).toBe("GET /users/{id} id=a b");
    expect(find("GET /users/a%2Fb")).toBe("GET /users/{id} id=a/b");
    expect(find("GET /users/%6De")).toBe("GET /users/me");
  });

  it.each([
    "GET //users/me",
    "GET /users//me",
    "GET /users/me/",
    "GET /USERS/me",
    "GET /users;v=1/me",
    "GET /users%2Fme",
    "GET /%2575sers/me",
    "GET /x%2F..%2Fusers/me",
    "GET /users\\me",
  ])("are known in another spelling: %s", (line) => {
    expect(tableOf("")(line)).toBe("is /users/me");
  });

  it("stand behind the paths of their servers, or behind the upstream's own where there are none", () => {
    const find = tableOf("/v1", ["https://a.example/v1", "https://a.example/v1/eu"]);
    expect(find("GET /v1/users/me")).toBe("GET /users/me");
    expect(find("GET /v1/eu/users/me")).toBe("GET /users/me");
    expect(find("GET /users/me")).toBe("unknown");
    expect(find("PUT /v1/eu/users/me")).toBe("/eu/users/me takes GET, DELETE");
    expect(tableOf("/v1")("GET /v1/users/me")).toBe("GET /users/me");
    expect(tableOf("/x", ["https://a.example/v1"], "/x")("GET /x/users/me")).toBe("GET /users/me");
  });
});
