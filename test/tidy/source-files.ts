import { readdirSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "../..");

const skipped = new Set(["node_modules", "dist", "data", "coverage", ".git"]);

/** A file of the project: its path from the root, with forward slashes, and its text. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}

/** Every file under `folder` whose name ends in one of `endings`. */
export function filesUnder(folder: string, ...endings: readonly string[]): ProjectFile[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .filter((file) => !file.split("/").some((part) => skipped.has(part)))
    .sort()
    .map((file) => ({ path: file, text: readFileSync(path.join(root, file), "utf8") }));
}

const importing =
  /(?:^|[;}\n])\s*(?:import|export)\b(?:[^"';]*?\bfrom)?\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g;

/** What a module imports: packages by name, files of the project by their path from the root. */
export function importsOf(file: ProjectFile): string[] {
  return [...file.text.matchAll(importing)].map((match) => {
    const target = match[1] ?? match[2] ?? "";
    if (!target.startsWith(".")) return target;
    return path.posix.normalize(path.posix.join(path.posix.dirname(file.path), target));
  });
}

/** True where something is left of the module once types, comments and imports are gone. */
export function hasRunTimeCode(text: string): boolean {
  const left = stripTypeScriptTypes(text)
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/^\s*\/\/.*$/gm, "")
    .replaceAll(/^\s*import\b[^;]*;/gm, "")
    .replaceAll(/^\s*export\s*\{\s*\}\s*(?:from\s*["'][^"']*["'])?\s*;?/gm, "");
  return left.trim() !== "" && left.trim() !== ";";
}
