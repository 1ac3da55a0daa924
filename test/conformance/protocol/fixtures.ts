import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** One answer of a provider, whole and as a stream. */
export interface AnswerFixture {
  readonly name: string;
  readonly json: string | undefined;
  readonly sse: string | undefined;
}

/** The traffic of one protocol: `test/fixtures/<protocol>/<case>.{json,sse}` and `requests/`. */
export class Fixtures {
  readonly answers: readonly AnswerFixture[];
  readonly requests: readonly { readonly name: string; readonly body: string }[];

  constructor(protocol: string) {
    const folder = path.join(import.meta.dirname, "../../fixtures", protocol);
    const read = (file: string): string => readFileSync(path.join(folder, file), "utf8");
    const files = readdirSync(folder);
    const names = new Set(
      files.filter((file) => path.extname(file) !== "").map((file) => path.parse(file).name),
    );
    this.answers = Array.from(names, (name) => ({
      name,
      json: files.includes(`${name}.json`) ? read(`${name}.json`) : undefined,
      sse: files.includes(`${name}.sse`) ? read(`${name}.sse`) : undefined,
    }));
    this.requests = readdirSync(path.join(folder, "requests")).map((file) => ({
      name: file,
      body: read(path.join("requests", file)),
    }));
  }

  json(name: string): string {
    return present(this.answers.find((answer) => answer.name === name)?.json, `${name}.json`);
  }

  sse(name: string): string {
    return present(this.answers.find((answer) => answer.name === name)?.sse, `${name}.sse`);
  }
}

function present(text: string | undefined, file: string): string {
  if (text === undefined) throw new Error(`Every protocol has a fixture ${file}.`);
  return text;
}
