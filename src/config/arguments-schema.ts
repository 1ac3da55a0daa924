import type { Schema } from "./schema.ts";

const methods = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "QUERY"];

function described(description: string): Schema {
  return { type: "object", description };
}

/** One operation of a tool, where no document describes it. */
const operationSchema: Schema = {
  type: "object",
  additionalProperties: false,
  required: ["method", "path"],
  properties: {
    method: { type: "string", enum: methods, description: "The method, in capitals." },
    path: {
      type: "string",
      pattern: "^/",
      maxLength: 2048,
      description: 'Behind the URL of the tool, with parameters in braces: "/orders/{id}".',
      "x-expected": "a path that begins with /",
    },
    pathParameters: described("JSON Schema of an object of the path's parameters. Left out: any text."),
    query: described("JSON Schema of an object of the query's parameters."),
    headers: described("JSON Schema of an object of headers. Others pass."),
    body: { description: "JSON Schema of a JSON body. Left out: the operation takes none." },
  },
};

/** What the calls of a tool are held against, before anything is written or sent. */
export const argumentsSchema: Schema = {
  type: "object",
  description:
    "What the calls of the tool are held against before anything is written or sent: { openapi: FILE }, or " +
    "{ operations: [...] } with JSON Schemas. Left out, calls are not checked.",
  additionalProperties: false,
  // Said, though nothing is: a section without this would be filled in where it is left out.
  required: [],
  properties: {
    openapi: {
      type: "string",
      minLength: 1,
      maxLength: 4096,
      description:
        "An OpenAPI document of 3.0, 3.1 or 3.2, in YAML or JSON, relative to this file; read again on " +
        "every reload.",
      "x-expected": "the path of a file",
    },
    operations: {
      type: "array",
      items: operationSchema,
      minItems: 1,
      maxItems: 256,
      description: "The operations themselves, in the place of a document.",
    },
    basePath: {
      type: "string",
      pattern: "^(?:/[A-Za-z0-9._~%-]+)*$",
      maxLength: 2048,
      description:
        "The path at the tool's host that stands before the paths of the document. Default: that of its " +
        "servers; where it names none, that of the tool's URL.",
      "x-expected": 'a path such as /v1, without a slash at its end, or "" for none',
    },
    mode: {
      type: "string",
      enum: ["off", "report", "enforce"],
      default: "enforce",
      description: "enforce: what does not fit is refused with 400. report: the log says so, and it is sent.",
    },
    unknownOperations: {
      type: "string",
      enum: ["pass", "refuse"],
      default: "refuse",
      description: "What happens to a method and path that are not described.",
    },
    unknownParameters: {
      type: "string",
      enum: ["pass", "refuse"],
      default: "refuse",
      description:
        "What happens to a parameter of the query, or a body, that is not described. What is in a body is " +
        "up to its schema.",
    },
  },
};
