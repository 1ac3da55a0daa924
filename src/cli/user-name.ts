import { userInfo } from "node:os";

/** Who runs this command, for the audit: behind sudo, the person and not only the account. */
export function userName(env: Readonly<Record<string, string | undefined>>): string {
  const account = accountName();
  const person = env["SUDO_USER"];
  return person === undefined || person === "" || person === account ? account : `${person} as ${account}`;
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    // In a container the user often has a number and no name.
    if ((error as NodeJS.ErrnoException).code === "ERR_SYSTEM_ERROR")
      return `user ${process.getuid?.() ?? "unknown"}`;
    throw error;
  }
}
