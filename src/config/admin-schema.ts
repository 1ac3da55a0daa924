import type { Schema } from "./schema.ts";
import { sourceKeys } from "./tenancy-schema.ts";

/** The operator's own port. */
export const adminSchema: Schema = {
  type: "object",
  additionalProperties: false,
  description: "The operator's own port: turns as far as they came, and the end of running exchanges.",
  properties: {
    host: {
      type: "string",
      minLength: 1,
      maxLength: 253,
      default: "127.0.0.1",
      description: "Address or host name. Anything but loopback needs a token.",
      "x-expected": "an IP address or a host name",
    },
    port: {
      type: ["integer", "null"],
      default: null,
      minimum: 0,
      maximum: 65_535,
      description: "TCP port; 0 takes any free one, null: none is opened.",
      "x-expected": "a port, 0 to 65535, or null",
    },
    token: {
      type: "object",
      "x-secret": true,
      description:
        "What every request must carry as Authorization: Bearer, { env: NAME } or { file: PATH }. Left " +
        "out: whoever reaches the port may use it.",
      additionalProperties: false,
      required: [],
      properties: sourceKeys,
    },
  },
};
