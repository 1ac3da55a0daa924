import { describe, expect, it } from "vitest";
import { configOf, faultLines } from "./loading.ts";

const hash = `sha256:${"0a".repeat(32)}`;
const keyed = (more: string): string =>
  `tenancy: keys\nkeys: { acme: { keys: [{ hash: '${hash}' }]${more} } }`;

describe("tenants and their keys", () => {
  it("may be served beyond loopback without trusting the network", async () => {
    const config = await configOf(`listen: { host: 0.0.0.0 }\n${keyed("")}`);
    expect(config).toMatchObject({ tenancy: "keys", listen: { host: "0.0.0.0", trustedNetwork: false } });
    expect(config.keys).toEqual({
      acme: { keys: [{ hash, disabled: false }], requestsPerMinuteMax: 0, concurrentMax: 0 },
    });
  });

  it.each([
    [
      "tenancy: keys",
      '1:10 tenancy | single, or a tenant with a key in the section keys | "keys" | Make a key with longstop ' +
        "key, and name its tenant in the section keys.",
    ],
    [
      `tenancy: single\nkeys: { a: { keys: [{ hash: '${hash}' }] } }`,
      "1:10 tenancy | keys, because there are tenants with keys; single asks nobody for one | tenancy single",
    ],
    [
      "tenancy: keys\nkeys: { a: { keys: [{ env: A, file: b }] } }",
      "2:21 keys.a.keys[0] | one of the keys hash, env, file | env and file",
    ],
    [
      "tenancy: keys\nkeys: { a: { keys: [{}] } }",
      "2:21 keys.a.keys[0] | one of the keys hash, env, file | none of them",
    ],
    [
      "tenancy: keys\nkeys: { a: { keys: [{ hash: abc }] } }",
      '2:29 keys.a.keys[0].hash | sha256: and 64 hexadecimal digits, as longstop key prints it | "abc"',
    ],
    [
      "tenancy: keys\nkeys: { a: { keys: [{ env: A, expires: 2027-13-01 }] } }",
      '2:40 keys.a.keys[0].expires | a day and a time that exist | "2027-13-01"',
    ],
    [
      `tenancy: keys\nkeys: { a: { upstreams: [opnai], keys: [{ hash: '${hash}' }] } }`,
      '2:26 keys.a.upstreams[0] | one of openai, anthropic, gemini | "opnai" | Did you mean openai?',
    ],
    [
      "upstreams: { a: { url: 'http://h', apiKey: {} } }",
      "1:44 upstreams.a.apiKey | one of the keys env, file | none of them",
    ],
    [
      "upstreams: { a: { url: 'http://h', apiKey: { env: A, header: Content-Type } } }",
      '1:62 upstreams.a.apiKey.header | a header that can carry a credential | "Content-Type", which has another ' +
        "meaning",
    ],
  ])("are checked: %s", async (text, line) => {
    expect(await faultLines(text)).toEqual([line]);
  });

  it("may use no tool at all, which is not the same as all", async () => {
    expect((await configOf(keyed(", tools: []"))).keys["acme"]?.tools).toEqual([]);
  });
});
