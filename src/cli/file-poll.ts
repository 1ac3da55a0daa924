import { stat } from "node:fs/promises";

/**
 * Calls `changed` once after files have changed and then stayed the same from one look to the next, so
 * that several writes in a row are one change; and once in the beginning, because they may have changed
 * since they were read. Gives what stops it.
 *
 * It looks by path, and follows links: an editor that puts a new file in the old one's place, a
 * Kubernetes volume that turns its `..data` link, a bind mount and a network file system are all seen.
 * Notifications of the kernel miss some of these, and say different things about the others.
 */
export function pollFiles(files: () => readonly string[], everyMs: number, changed: () => void): () => void {
  let reported: string | null = null;
  let seen: string | null = null;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const now = (await Promise.all(files().map(signatureOf))).join("\n");
    if (stopped) return;
    if (now === seen && now !== reported) {
      reported = now;
      changed();
    }
    seen = now;
    timer = setTimeout(() => void look(), everyMs);
    timer.unref();
  };
  void look();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** What is another whenever the file behind the path is another, or was written. */
async function signatureOf(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs } = await stat(file, { bigint: true });
    return `${file} ${dev} ${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    return `${file} ${String((error as NodeJS.ErrnoException).code)}`;
  }
}
