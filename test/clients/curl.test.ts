import { describe } from "vitest";
import { matrix } from "./support/matrix/matrix.ts";
import { curlClients, noCurl } from "./support/plain/curl.ts";

describe.skipIf(noCurl !== null)(`curl ${noCurl ?? "of this machine"}`, () => {
  matrix(curlClients);
});
