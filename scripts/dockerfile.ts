// As much of the Dockerfile language as this project's own file uses, read strictly: what is not
// known here is an error, never skipped. https://docs.docker.com/reference/dockerfile/

export interface Instruction {
  readonly line: number;
  readonly name: string;
  readonly flags: Readonly<Record<string, string>>;
  /** Everything behind name and flags. */
  readonly rest: string;
}

/** One `FROM` and what belongs to it. */
export interface Stage {
  readonly name: string;
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

const known = new Set([
  "ENV",
  "WORKDIR",
  "COPY",
  "RUN",
  "USER",
  "VOLUME",
  "EXPOSE",
  "HEALTHCHECK",
  "ENTRYPOINT",
  "CMD",
]);

export function parseDockerfile(text: string): Stage[] {
  const stages: { name: string; base: string; instructions: Instruction[] }[] = [];
  for (const instruction of instructionsOf(text)) {
    if (instruction.name === "FROM") {
      const [base = "", as, name] = instruction.rest.split(/\s+/);
      const isNamed = as?.toUpperCase() === "AS" && name !== undefined;
      stages.push({ name: isNamed ? name : String(stages.length), base, instructions: [] });
      continue;
    }
    if (!known.has(instruction.name)) {
      throw new Error(`Line ${instruction.line}: ${instruction.name} is not known to this script.`);
    }
    const stage = stages.at(-1);
    if (stage === undefined) throw new Error(`Line ${instruction.line}: the first instruction must be FROM.`);
    stage.instructions.push(instruction);
  }
  return stages;
}

function instructionsOf(text: string): Instruction[] {
  const instructions: Instruction[] = [];
  let begun: { line: number; text: string } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*#/.test(line)) continue;
    if (begun === undefined && line.trim() === "") continue;
    begun ??= { line: index + 1, text: "" };
    begun.text += line.replace(/\\\s*$/, " ");
    if (/\\\s*$/.test(line)) continue;
    instructions.push(instructionAt(begun.line, begun.text.trim()));
    begun = undefined;
  }
  return instructions;
}

function instructionAt(line: number, text: string): Instruction {
  const [, name = "", rest = ""] = /^(\S+)\s*([\s\S]*)$/.exec(text) ?? [];
  const flags: Record<string, string> = {};
  let left = rest;
  for (
    let flag = /^--([a-z-]+)=(\S+)\s*/.exec(left);
    flag !== null;
    flag = /^--([a-z-]+)=(\S+)\s*/.exec(left)
  ) {
    flags[flag[1] ?? ""] = flag[2] ?? "";
    left = left.slice(flag[0].length);
  }
  return { line, name: name.toUpperCase(), flags, rest: left };
}

/** A command in its JSON form as it is, in its shell form as Docker runs it. */
export function commandOf(rest: string): readonly string[] {
  if (!rest.startsWith("[")) return ["/bin/sh", "-c", rest];
  return (JSON.parse(rest) as unknown[]).map(String);
}

/** True where a line of `.dockerignore` keeps the file out of the build. */
export function isIgnored(
  file: string,
  ignore: string,
  matches: (path: string, pattern: string) => boolean,
): boolean {
  const patterns = ignore
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const parts = file.split("/");
  const prefixes = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
  return patterns.some((pattern) => prefixes.some((prefix) => matches(prefix, pattern)));
}
