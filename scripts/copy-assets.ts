import { cpSync, readdirSync } from "node:fs";
import path from "node:path";

// The compiler writes JavaScript only. What the modules read beside themselves goes along here.

const root = path.resolve(import.meta.dirname, "..");

for (const entry of readdirSync(path.join(root, "src"), { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || entry.name.endsWith(".ts")) continue;
  const file = path.relative(path.join(root, "src"), path.join(entry.parentPath, entry.name));
  cpSync(path.join(root, "src", file), path.join(root, "dist", file));
}
