// npm leaves packages for other platforms out of the lock file where it cannot see them: because
// the installed modules hide them (https://github.com/npm/cli/issues/4828), or because a mirror does
// not have them. `npm ci` then refuses the lock, there or elsewhere. Their exact version stands in
// the package that wants them, and their platform in their name, so the entries can be written.

interface LockEntry {
  readonly version?: string;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export type LockEntries = Readonly<Record<string, LockEntry>>;

interface Missing {
  readonly name: string;
  readonly version: string;
  /** The path in the lock file of the package that wants it. */
  readonly wantedBy: string;
}

/** Optional packages that something in the lock wants at one exact version, and that are not in it. */
export function missingFrom(entries: LockEntries): Missing[] {
  return Object.entries(entries).flatMap(([wantedBy, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(
        ([name]) => !(`node_modules/${name}` in entries) && !(`${wantedBy}/node_modules/${name}` in entries),
      )
      .map(([name, version]) => ({ name, version, wantedBy })),
  );
}

const systems: Readonly<Record<string, string>> = { windows: "win32", mac: "darwin" };
const processors: Readonly<Record<string, string>> = { aarch64: "arm64", x86_64: "x64" };
const libraries: readonly (readonly [RegExp, string])[] = [
  [/^gnu$/, "glibc"],
  [/^musl$/, "musl"],
];

/** The entries with what was missing, in npm's order. */
export function completed(entries: LockEntries): LockEntries {
  const added = missingFrom(entries).map(({ name, version, wantedBy }): [string, LockEntry] => {
    if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) {
      throw new Error(
        `${wantedBy} wants ${name} at ${version}, which is no exact version. Run npm install for it.`,
      );
    }
    const isDev = entries[wantedBy]?.dev === true;
    return [
      `node_modules/${name}`,
      { version, ...platformOf(name), ...(isDev ? { dev: true } : {}), optional: true },
    ];
  });
  const all = [...Object.entries(entries), ...added];
  return Object.fromEntries(all.sort(([a], [b]) => a.localeCompare(b, "en")));
}

/** `@oxlint/binding-linux-arm-gnueabihf` is for Linux on ARM. */
function platformOf(name: string): Pick<LockEntry, "os" | "cpu" | "libc"> {
  const parts =
    name
      .split("/")
      .at(-1)
      ?.replace(/^binding-/, "")
      .split("-") ?? [];
  const [system = "", processor = "", ...rest] = parts;
  const library =
    system === "linux" ? libraries.find(([pattern]) => pattern.test(rest.join("-")))?.[1] : undefined;
  return {
    os: [systems[system] ?? system],
    cpu: [processors[processor] ?? processor],
    ...(library === undefined ? {} : { libc: [library] }),
  };
}
