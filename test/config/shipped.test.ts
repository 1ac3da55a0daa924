import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import type { Config } from "../../src/config/config.ts";
import { withDefaults } from "../../src/config/defaults.ts";
import { loadConfig } from "../../src/config/load.ts";
import { composeSchema, type Schema } from "../../src/config/schema.ts";
import { writeBytes } from "../../src/config/units.ts";
import { guards } from "../../src/guards/index.ts";
import { stores } from "../../src/ledger/index.ts";

const sockets = { guards, stores };
const schema = composeSchema(sockets);
const shippedFile = fileURLToPath(new URL("../../config/longstop.yaml", import.meta.url));
const examplesFolder = new URL("../../config/examples/", import.meta.url);

describe("config/longstop.yaml", () => {
  it("changes nothing: it is the defaults", async () => {
    expect(await configOf(shippedFile)).toEqual(await configOf(undefined));
  });

  it("holds every key with its default, options of guards and of the ledger too", async () => {
    const written: unknown = parseDocument(await readFile(shippedFile, "utf8")).toJS();
    const defaults = { openai: "openai", anthropic: "anthropic", gemini: "gemini" };
    expect(written).toEqual({ ...(withDefaults(schema, {}) as object), defaults });
  });

  it("shows every key of a tool, with its default", async () => {
    const text = await readFile(shippedFile, "utf8");
    const [, shown = ""] = /For example, with every key:\n#\n((?:#.*\n)+)/.exec(text) ?? [];
    const written: unknown = parseDocument(shown.replaceAll(/^# ?/gm, "")).toJS();
    const url = "http://127.0.0.1:9000";
    expect(written).toEqual({ tools: (withDefaults(schema, { tools: { mail: { url } } }) as Config).tools });
  });

  it("shows every key of a tenant, with its default", async () => {
    const text = await readFile(shippedFile, "utf8");
    const [, shown = ""] = /makes keys\. For example:\n#\n((?:#.*\n)+)/.exec(text) ?? [];
    const { keys } = parseDocument(shown.replaceAll(/^# ?/gm, "")).toJS() as Pick<Config, "keys">;
    const tenant = (withDefaults(schema, { keys: { acme: { keys: [] } } }) as Config).keys["acme"];
    const { upstreams, tools, ...rest } = keys["acme"] ?? { keys: [] };
    expect({ ...rest, keys: [] }).toEqual(tenant);
    expect([upstreams, tools]).toEqual([["openai"], []]);
  });

  it("shows every key of a PostgreSQL ledger, with its default", async () => {
    const text = await readFile(shippedFile, "utf8");
    const [, shown = ""] =
      /several gateways \(docs\/operating\.md\), with every key:\n#\n((?:#.*\n)+)/.exec(text) ?? [];
    const written: unknown = parseDocument(shown.replaceAll(/^# ?/gm, "")).toJS();
    const url = { env: "LONGSTOP_LEDGER_URL" };
    const { ledger } = withDefaults(schema, { ledger: { kind: "postgres", url } }) as { ledger: object };
    expect(written).toEqual({ ledger });
  });

  it("says the bounds of every number above it", async () => {
    const text = await readFile(shippedFile, "utf8");
    const missing = boundsOf(schema).filter(
      ([key, bounds]) => !commentAbove(text, key).some((comment) => comment.includes(bounds)),
    );
    expect(boundsOf(schema).length).toBeGreaterThan(25);
    expect(missing).toEqual([]);
  });
});

describe("config/examples", () => {
  it("are those of which the documentation speaks", async () => {
    expect((await readdir(examplesFolder)).sort()).toEqual([
      "demo.yaml",
      "local.yaml",
      "sidecar.yaml",
      "strict.yaml",
      "team.yaml",
      "tools.yaml",
      "turns.yaml",
    ]);
  });

  it("local.yaml sends everything to this machine", async () => {
    const config = await example("local.yaml");
    expect(config.defaults).toEqual({ openai: "ollama", anthropic: null, gemini: null });
    expect(Object.values(config.upstreams).every(({ url }) => url.startsWith("http://127.0.0.1:"))).toBe(
      true,
    );
    expect(config.posts.find(({ guard }) => guard === "budget")?.options["windows"]).toEqual({ "*": 8192 });
  });

  it("sidecar.yaml serves one vendor on loopback, and logs for a collector", async () => {
    const config = await example("sidecar.yaml");
    expect(config.defaults).toEqual({ openai: null, anthropic: "anthropic", gemini: null });
    expect(config.listen).toMatchObject({ host: "127.0.0.1", trustedNetwork: false });
    expect(config.log.format).toBe("json");
    expect(config.ledger.options["file"]).toBe("/var/lib/longstop/longstop.db");
  });

  it("team.yaml asks for keys beyond loopback, and gives no client a vendor's credential", async () => {
    const config = await example("team.yaml");
    expect(config).toMatchObject({ tenancy: "keys", listen: { host: "0.0.0.0", trustedNetwork: false } });
    expect(Object.values(config.upstreams).every(({ apiKey }) => apiKey !== undefined)).toBe(true);
    expect(config.keys["support"]).toMatchObject({ upstreams: ["anthropic"], tools: ["tickets"] });
  });

  it("turns.yaml records turns of the scripted model", async () => {
    const config = await example("turns.yaml");
    expect(config).toMatchObject({ turns: { mode: "enforce" }, defaults: { openai: "openai" } });
    expect(config.upstreams["openai"]?.url).toBe("http://127.0.0.1:9000");
  });

  it("tools.yaml tells three tools apart by what their calls do", async () => {
    const { tools } = await example("tools.yaml");
    expect(Object.entries(tools).map(([name, { effect, keyed }]) => [name, effect, keyed])).toEqual([
      ["payments", "irreversible", true],
      ["search", "read", undefined],
      ["tickets", "by-method", undefined],
    ]);
  });

  it("strict.yaml lets nothing fail open", async () => {
    const config = await example("strict.yaml");
    expect(config.unguarded).toBe("refuse");
    expect(config.posts.map(({ mode, onError }) => `${mode} ${onError}`)).toEqual(
      Array(3).fill("enforce block"),
    );
  });
});

function example(name: string): Promise<Config> {
  return configOf(fileURLToPath(new URL(name, examplesFolder)));
}

async function configOf(file: string | undefined): Promise<Config> {
  const loaded = await loadConfig({ file, defaultFile: "/nowhere/longstop.yaml", overrides: {}, sockets });
  if (loaded.kind === "faults") throw new Error(JSON.stringify(loaded.faults));
  return loaded.config;
}

/** Each number's key, and its bounds as the file words them. */
function boundsOf({ properties = {}, items, oneOf = [], additionalProperties }: Schema): [string, string][] {
  const own = Object.entries(properties).flatMap(([key, child]): [string, string][] => {
    const { minimum, maximum } = child;
    if (minimum === undefined) return [];
    const write = key.includes("Bytes") ? writeBytes : String;
    return [
      [
        key,
        maximum === undefined ? `At least ${write(minimum)}.` : `${write(minimum)} to ${write(maximum)}.`,
      ],
    ];
  });
  const below = [...Object.values(properties), ...oneOf];
  if (items !== undefined) below.push(items);
  if (typeof additionalProperties === "object") below.push(additionalProperties);
  return [...own, ...below.flatMap(boundsOf)];
}

/** What the comments right above each place of a key say, as one line each; a key that is only shown counts. */
function commentAbove(text: string, key: string): readonly string[] {
  const lines = text.split("\n").map((line) => line.replace(/^(\s*)# (?= )/, "$1"));
  return lines.flatMap((line, index) => {
    if (!new RegExp(`^\\s*(?:- |# *)?${key}:`).test(line)) return [];
    const from = lines.findLastIndex((above, at) => at < index && !/^\s*#/.test(above));
    return [
      lines
        .slice(from + 1, index)
        .map((above) => above.replace(/^\s*# ?/, ""))
        .join(" "),
    ];
  });
}
