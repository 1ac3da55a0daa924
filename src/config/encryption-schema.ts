import type { Schema } from "./schema.ts";
import { sourceKeys } from "./tenancy-schema.ts";

/** Where one key lies: `{ env: NAME }` or `{ file: PATH }`. */
const keySchema: Schema = {
  type: "object",
  "x-secret": true,
  additionalProperties: false,
  required: [],
  properties: sourceKeys,
};

/** How recorded bodies are sealed, whatever store keeps them. */
export const encryptionSchema: Schema = {
  type: "object",
  "x-secret": true,
  description:
    "Seals recorded bodies with AES-256-GCM. Left out, they are kept as they are, and those that were " +
    "sealed cannot be read.",
  additionalProperties: false,
  required: ["key"],
  properties: {
    key: {
      ...keySchema,
      description:
        "32 bytes in base64 or hex, as `openssl rand -base64 32` makes them: { env: NAME } or " +
        "{ file: PATH }.",
      "x-expected": "where the key lies, { env: NAME } or { file: PATH }",
    },
    previous: {
      type: "array",
      "x-secret": true,
      items: keySchema,
      maxItems: 16,
      default: [],
      description: "Earlier keys, which what they sealed is still read with.",
      "x-expected": "a list of { env: NAME } or { file: PATH }",
    },
  },
};
