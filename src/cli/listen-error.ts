/**
 * A sentence with the remedy for an error of `listen` (the `code` of Node's system errors), or null
 * where the error is none of listening.
 */
export function explainListenError(
  error: unknown,
  { host, port }: { readonly host: string; readonly port: number },
): string | null {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  const place = `port ${port} on ${host}`;
  if (code === "EADDRINUSE") {
    return (
      `Another program listens on ${place} already, perhaps another Longstop. ` +
      "Stop it, or choose another port: longstop start --port 0 takes any free one."
    );
  }
  if (code === "EACCES" && syscall === "listen") {
    return (
      `This user may not listen on ${place}. ` +
      "Ports from 1024 on need no privilege: longstop start --port 8787."
    );
  }
  if (code === "EADDRNOTAVAIL") {
    return `This machine has no address ${host}. Set listen.host to one of its own, such as 127.0.0.1.`;
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return `The host name ${host} cannot be resolved. Set listen.host to an address, such as 127.0.0.1.`;
  }
  return null;
}
