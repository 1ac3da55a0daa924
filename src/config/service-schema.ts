import { fieldsSchema } from "./tools-schema.ts";
import type { Schema } from "./schema.ts";

/** Most rows that a table of services may have. */
const rowsMax = 1000;
/** A year: the longest that a tool may say, too. */
const keyRetentionSecondsMax = 31_536_000;
/** Letters and digits that hold the 128 bits of a derived key. */
const keyLengthMin = 22;

const pointerPattern = "^(?:/(?:[^/~]|~[01])*)+$";
const namePattern = "^[_A-Za-z][_0-9A-Za-z]*$";

const headerPlace = place("header", "A request header.", {
  name: {
    type: "string",
    pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$",
    description: "The name of the header.",
    "x-expected": "the name of an HTTP header",
  },
  quoted: {
    type: "boolean",
    default: false,
    description: "true: as a string of RFC 8941, in quotes, as the IETF draft for Idempotency-Key has it.",
  },
});

const jsonPlace = place("json", "A member of a JSON body.", {
  pointer: pointer("A JSON Pointer to it; objects on the way are made where they are missing."),
});

const formPlace = place("form", "A field of a form.", { field: text("The name of the field.") });

const queryPlace = place("query", "A parameter of the query.", {
  parameter: text("The name of the parameter."),
});

const mutationFields: Schema = {
  type: "array",
  minItems: 1,
  maxItems: 500,
  items: {
    type: "string",
    pattern: "^[_0-9A-Za-z*]{1,128}$",
    "x-expected": "the name of a mutation field, in which * stands for anything",
  },
  description: "The mutation fields that take a key there; * stands for anything.",
};

const variablePlace = place(
  "graphql-variable",
  "A variable that the one field of a GraphQL mutation is given.",
  {
    fields: mutationFields,
    argument: graphqlName("The argument whose value is that variable."),
    pointer: pointer("A JSON Pointer inside the variable. Left out: the variable itself."),
  },
  ["pointer"],
);

const directivePlace = place("graphql-directive", "A directive of the one field of a GraphQL mutation.", {
  fields: mutationFields,
  directive: graphqlName("Its name, without the @."),
  argument: graphqlName("The argument that is the key."),
});

const rowSchema: Schema = {
  type: "object",
  additionalProperties: false,
  required: ["name", "hosts", "paths", "key", "source", "checked"],
  properties: {
    name: text("The service, and which part of it."),
    hosts: {
      type: "array",
      minItems: 1,
      maxItems: 100,
      items: {
        type: "string",
        pattern: "^(?:\\*|[a-z0-9-]{1,63})(?:\\.(?:\\*|[a-z0-9-]{1,63}))*$",
        maxLength: 253,
        "x-expected": "a host name in lower case, in which * may stand for a label",
      },
      description: "Hosts. * stands for one label, and at the beginning for one or more.",
    },
    paths: {
      type: "array",
      minItems: 1,
      maxItems: 100,
      items: {
        type: "string",
        pattern: "^/[^?#]*$",
        maxLength: 500,
        "x-expected": "a path that begins with /, without a query",
      },
      description: "Whole paths. * stands for anything inside a segment, ** for any number of segments.",
    },
    methods: {
      type: "array",
      minItems: 1,
      uniqueItems: true,
      items: { type: "string", enum: ["POST", "PUT", "PATCH", "DELETE"] },
      default: ["POST"],
      description: "The methods that take a key.",
    },
    key: {
      type: "object",
      required: ["in"],
      discriminator: { propertyName: "in" },
      oneOf: [headerPlace, jsonPlace, formPlace, queryPlace, variablePlace, directivePlace],
      description: "Where the service expects the key.",
    },
    keyLengthMax: integer(keyLengthMin, 1024, "The longest key that it takes, in characters."),
    keyForm: {
      type: "string",
      enum: ["uuid", "alphanumeric"],
      description: "uuid: it takes UUIDs alone. alphanumeric: letters and digits alone. Left out: anything.",
    },
    keyRetentionSeconds: integer(
      1,
      keyRetentionSecondsMax,
      "How long it says that it remembers a key, seconds. Left out: nothing is sent again by itself.",
    ),
    conflict: {
      type: "string",
      enum: ["in-doubt", "refused"],
      default: "in-doubt",
      description: "What its 409 says: that the first call may be running or done, or that it was refused.",
    },
    storesErrors: {
      type: "boolean",
      description: "true: an error is remembered under the key too. Left out: not said.",
    },
    ignore: {
      ...fieldsSchema,
      description: "Fields that SDKs fill with random tokens: they make no call another operation.",
    },
    source: {
      type: "string",
      pattern: "^https?://[^\\s]+$",
      "x-expected": "the URL at which the service says so",
      description: "Where the service says so.",
    },
    checked: {
      type: "string",
      pattern: "^20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$",
      "x-expected": 'the day on which that was read, such as "2026-11-30"',
      description: "The day on which that was read.",
    },
  },
};

/** The schema of a table of services. */
export const serviceTableSchema: Schema = {
  type: "object",
  additionalProperties: false,
  required: ["services"],
  properties: {
    services: {
      type: "array",
      maxItems: rowsMax,
      items: rowSchema,
      description: "The first row that fits a call counts.",
    },
  },
};

/** The schema as the text of a file, for editors. */
export function serviceSchemaFile(): string {
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Services that take idempotency keys, for Longstop",
    ...serviceTableSchema,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function place(
  kind: string,
  description: string,
  properties: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
): Schema {
  const needed = Object.keys(properties).filter((key) => {
    return properties[key]?.default === undefined && !optional.includes(key);
  });
  return {
    description,
    properties: { in: { const: kind, description: "The kind of place." }, ...properties },
    required: ["in", ...needed],
    additionalProperties: false,
  };
}

function text(description: string): Schema {
  return { type: "string", minLength: 1, maxLength: 128, description };
}

function pointer(description: string): Schema {
  return {
    type: "string",
    pattern: pointerPattern,
    description,
    "x-expected": "a JSON Pointer such as /a/b",
  };
}

function graphqlName(description: string): Schema {
  return { type: "string", pattern: namePattern, description, "x-expected": "a name of GraphQL" };
}

function integer(minimum: number, maximum: number, description: string): Schema {
  return { type: "integer", minimum, maximum, description };
}
