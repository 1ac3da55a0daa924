import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { siteOf, thrownBy } from "./support/site.ts";

const site = siteOf();
const hello = { text: "Hello." };
const page = readFileSync(path.resolve(import.meta.dirname, "../../docs/clients.md"), "utf8");
const documented = "http://127.0.0.1:8787";

/** The code blocks of the page, each a whole program. */
const programs = [...page.matchAll(/^```js\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? "");

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Runs a program of the page against the gateway of this test; resolves with what it printed. */
async function printedBy(program: string, url: string): Promise<readonly unknown[]> {
  const imported: { readonly name: string; readonly from: string }[] = [];
  const body = program.replaceAll(/^import (.+) from "(.+)";$/gm, (_, bound: string, from: string) => {
    imported.push(
      ...bound
        .replaceAll(/[{} ]/g, "")
        .split(",")
        .map((name) => ({ name, from })),
    );
    return "";
  });
  const names = imported.map(({ name }) => name);
  const bound = await Promise.all(
    imported.map(async ({ name, from }) => {
      const module = (await import(from)) as Record<string, unknown>;
      return module[name] ?? module["default"];
    }),
  );
  const printed: unknown[] = [];
  // oxlint-disable-next-line typescript/no-implied-eval -- the page's own programs are what is tested
  const run = new Function(
    ...names,
    "console",
    `return (async () => {${body.replaceAll(documented, url)}})();`,
  ) as (...args: unknown[]) => Promise<void>;
  await run(...bound, { log: (what: unknown) => printed.push(what) });
  return printed;
}

/** A whole program that has only the environment to know where its model is. */
const fromEnvironment = {
  openai: `import OpenAI from "openai";
    const client = new OpenAI();
    const answer = await client.chat.completions.create({ model: "gpt-5.4-mini", messages: [{ role: "user", content: "Hi" }] });
    console.log(answer.choices[0].message.content);`,
  anthropic: `import Anthropic from "@anthropic-ai/sdk";
    const client = new Anthropic();
    const answer = await client.messages.create({ model: "claude-sonnet-5-5", max_tokens: 9, messages: [{ role: "user", content: "Hi" }] });
    console.log(answer.content[0].text);`,
  "langchain openai": `import { ChatOpenAI } from "@langchain/openai";
    const answer = await new ChatOpenAI({ model: "gpt-5.4-mini" }).invoke("Hi");
    console.log(answer.text);`,
  "langchain anthropic": `import { ChatAnthropic } from "@langchain/anthropic";
    const answer = await new ChatAnthropic({ model: "claude-sonnet-5-5" }).invoke("Hi");
    console.log(answer.text);`,
  "ai sdk openai": [
    `import { createOpenAI } from "@ai-sdk/openai";`,
    `import { generateText } from "ai";`,
    `const answer = await generateText({ model: createOpenAI().chat("gpt-5.4-mini"), prompt: "Hi" });`,
    "console.log(answer.text);",
  ].join("\n"),
};

/** The AI SDK takes the variable for a base URL that has its version; everyone else adds it. */
const aiSdkAnthropic = [
  `import { createAnthropic } from "@ai-sdk/anthropic";`,
  `import { generateText } from "ai";`,
  `const answer = await generateText({ model: createAnthropic()("claude-sonnet-5-5"), prompt: "Hi" });`,
  "console.log(answer.text);",
].join("\n");

function setEnvironment(
  url: string,
  prefix: { openai: string; anthropic: string },
  apiKey = "sk-test",
): void {
  vi.stubEnv("OPENAI_API_KEY", apiKey);
  vi.stubEnv("ANTHROPIC_API_KEY", apiKey);
  vi.stubEnv("GEMINI_API_KEY", apiKey);
  vi.stubEnv("OPENAI_BASE_URL", `${url}${prefix.openai}/v1`);
  vi.stubEnv("ANTHROPIC_BASE_URL", `${url}${prefix.anthropic}`);
}

describe("the programs of docs/clients.md", () => {
  it.each(programs)("run as they stand there: %s", async (program) => {
    const stage = site.play(() => hello);
    setEnvironment(site.gateway.url, { openai: "/not-read", anthropic: "/not-read" }, stage.apiKey);
    expect(await printedBy(program, site.gateway.url)).toEqual(["Hello."]);
    expect(stage.sent()).toBe(1);
  });

  it("cover every client that is tested", () => {
    const imports = programs.flatMap((program) =>
      [...program.matchAll(/from "(.+)";/g)].map((match) => match[1]),
    );
    expect(new Set(imports)).toEqual(
      new Set([
        "openai",
        "@anthropic-ai/sdk",
        "@langchain/openai",
        "@langchain/anthropic",
        "langchain",
        "ai",
        "@ai-sdk/openai",
        "@ai-sdk/anthropic",
        "@openai/agents",
        "@google/genai",
      ]),
    );
  });
});

describe.each([
  { name: "the plain one", openai: "", anthropic: "" },
  { name: "one with a run", openai: "/run/nightly-42", anthropic: "/run/nightly-42" },
  {
    name: "one with run, attempt and stage",
    openai: "/run/nightly-42/attempt/2/stage/research",
    anthropic: "/run/nightly-42/attempt/2/stage/research",
  },
  { name: "one that names the upstream", openai: "/u/openai", anthropic: "/u/anthropic" },
  { name: "one that names run and upstream", openai: "/run/r1/u/openai", anthropic: "/run/r1/u/anthropic" },
])("a base URL in the environment: $name", (prefix) => {
  it.each(Object.entries(fromEnvironment))("works for %s", async (_, program) => {
    const stage = site.play(() => hello);
    setEnvironment(site.gateway.url, prefix, stage.apiKey);
    expect(await printedBy(program, site.gateway.url)).toEqual(["Hello."]);
    // Nothing of the prefix goes upstream.
    expect(stage.asked().map(({ path: at }) => at)).toEqual([
      expect.stringMatching(/^\/v1\/(chat\/completions|messages)$/),
    ]);
  });
});

describe("ANTHROPIC_BASE_URL for the AI SDK", () => {
  it.each(["", "/v1", "/run/r1/attempt/2", "/run/r1/attempt/2/v1", "/u/anthropic/v1"])(
    "works with the version and without: %j",
    async (prefix) => {
      const stage = site.play(() => hello);
      setEnvironment(site.gateway.url, { openai: "", anthropic: prefix }, stage.apiKey);
      expect(await printedBy(aiSdkAnthropic, site.gateway.url)).toEqual(["Hello."]);
      expect(stage.asked().map(({ path: at }) => at)).toEqual(["/v1/messages"]);
    },
  );

  it("is told in Anthropic's words what is wrong with another path", async () => {
    const stage = site.play(() => hello);
    setEnvironment(site.gateway.url, { openai: "", anthropic: "/u/nobody" }, stage.apiKey);
    const thrown = await thrownBy(printedBy(aiSdkAnthropic, site.gateway.url));
    expect(thrown).toMatchObject({
      statusCode: 404,
      message: expect.stringContaining('No upstream is called "nobody"'),
      responseBody: expect.stringContaining('"type":"error"'),
    });
  });
});

describe("the Responses API", () => {
  it("is guarded as it is used without a word about it", async () => {
    const stage = site.play([{ calls: [{ name: "not_offered" }] }, { text: "Then without." }]);
    setEnvironment(site.gateway.url, { openai: "", anthropic: "" }, stage.apiKey);
    const program = `import OpenAI from "openai";
      const tools = [{ type: "function", name: "offered", parameters: { type: "object" }, strict: false }];
      const answer = await new OpenAI().responses.create({ model: "gpt-5.4-mini", input: "Hi", tools });
      console.log(answer.output_text);`;
    expect(await printedBy(program, site.gateway.url)).toEqual(["Then without."]);
    expect(stage.asked()).toHaveLength(2);
  });
});

describe("a wrong base URL", () => {
  it.each(["anthropic", "langchain anthropic"] as const)("with /v1 is told to %s", async (client) => {
    setEnvironment(site.gateway.url, { openai: "", anthropic: "/v1" });
    const thrown = await thrownBy(printedBy(fromEnvironment[client], site.gateway.url));
    expect(thrown).toMatchObject({ status: 404, message: expect.stringContaining("has /v1 twice") });
  });

  it("without /v1 is told to OpenAI's SDK in a sentence that names the paths", async () => {
    setEnvironment(site.gateway.url, { openai: "", anthropic: "" });
    vi.stubEnv("OPENAI_BASE_URL", site.gateway.url);
    const thrown = await thrownBy(printedBy(fromEnvironment.openai, site.gateway.url));
    expect(thrown).toMatchObject({ status: 404, message: expect.stringContaining("Longstop serves /v1/…") });
  });
});
