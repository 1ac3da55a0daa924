import { describe, expect, it } from "vitest";
import { filesUnder, type ProjectFile } from "./source-files.ts";

/** Names that say nothing; a file is named after what is in it. */
const wornOut =
  /^(?:utils?|helpers?|common|managers?|services?|data|info|misc|shared|core|base|lib|types|constants)$/;

/** Places of one machine: they are wrong on every other one. */
const machinePlaces = [/\/home\/[a-z]/, /\/Users\/[A-Za-z]/, /\/root\//, /\/work\//, /[A-Z]:\\Users/];

const unfinished = /\b(?:TODO|FIXME|XXX|HACK)\b/;

function namesOf(file: ProjectFile): string[] {
  return file.path.split("/").flatMap((part) => part.replace(/(?:\.test)?\.[a-z]+$/, "").split("."));
}

describe("every file of the project", () => {
  const code = ["src", "test", "examples", "bench", "scripts"].flatMap((folder) =>
    filesUnder(folder, ".ts", ".sql"),
  );
  const written = [...code, ...filesUnder("docs", ".md"), ...filesUnder("config", ".yaml", ".json")];
  const own = "test/tidy/words.test.ts";

  it("is named after what is in it", () => {
    expect(code.length).toBeGreaterThan(120);
    const faults = code
      .flatMap((file) => namesOf(file).map((name) => ({ file, name })))
      .filter(({ name }) => wornOut.test(name))
      .map(({ file, name }) => `${file.path}: "${name}" says nothing. Name it after what is in it.`);
    expect(faults).toEqual([]);
  });

  it("is finished", () => {
    const faults = written
      .filter((file) => file.path !== own && unfinished.test(file.text))
      .map((file) => `${file.path} has a note of unfinished work. Do it now, or open an issue.`);
    expect(faults).toEqual([]);
  });

  it("knows no machine but the one it runs on", () => {
    const faults = written
      .filter((file) => file.path !== own)
      .flatMap((file) =>
        machinePlaces
          .filter((place) => place.test(file.text))
          .map(
            (place) =>
              `${file.path} names a place of one machine (${place.exec(file.text)?.[0]}). Take it out.`,
          ),
      );
    expect(faults).toEqual([]);
  });
});
