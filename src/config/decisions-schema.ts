import { methodsSchema } from "./methods-schema.ts";
import type { Schema } from "./schema.ts";

/**
 * A name in braces, or what rules have there; `**` stands at the end alone, so that names keep their places.
 */
const segment = "(?:\\{[A-Za-z_]\\w*\\}|(?!\\*\\*(?:/|$))[^/?#%;\\\\{}]+)";

/** One kind of call that carries out what a model decided. */
const mappingSchema: Schema = {
  type: "object",
  additionalProperties: false,
  required: ["tool", "path", "arguments"],
  properties: {
    tool: {
      type: "string",
      pattern: "^[^\\s*]{1,128}$",
      description: "The name that the model calls.",
      "x-expected": "the name of a function, such as send_mail",
    },
    methods: methodsSchema("Methods of the calls that carry it out. Left out: all."),
    path: {
      type: "string",
      pattern: `^/(?:${segment}(?:/${segment})*(?:/\\*\\*)?|\\*\\*)?$`,
      maxLength: 1024,
      description:
        "A pattern of their paths behind the tool's name, as in rules; {name} is one segment that " +
        "arguments may use, and ** stands at the end.",
      "x-expected":
        "a path pattern such as /v1/orders/{id}/mails: from a slash on, decoded, without query, parameters " +
        "(;), empty segments and a slash at its end",
    },
    arguments: {
      type: "object",
      maxProperties: 64,
      additionalProperties: {
        type: "string",
        pattern: "^(?:[^{}]|\\{(?:/[^{}]*|\\?[^{}]+|[A-Za-z_]\\w*)\\})*$",
        maxLength: 1024,
        "x-expected":
          "a text with places such as {/to} of the body, {?page} of the query or {id} of the path in it",
      },
      description:
        "What the members of the model's arguments are in such a call: {/name} is a field of its body (a " +
        "JSON Pointer), {?name} a parameter of its query, {name} a segment of its path. One place and " +
        "nothing else is the value itself. Members that are not named here make no difference.",
    },
  },
};

/** Which calls of a tool carry out what a model decided. */
export const decisionsSchema: Schema = {
  type: "array",
  items: mappingSchema,
  minItems: 1,
  maxItems: 256,
  description:
    "Which calls carry out which calls of the model, so that they are executed as often as it decided in a " +
    "run with an id (turns.mode: enforce). Left out: calls are held against no decision.",
};
