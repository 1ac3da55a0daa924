/**
 * Behind a length Node takes a content-disposition for a name to encode anew, and throws where its
 * bytes are no Latin-1 (an upstream's UTF-8 file name). Before it they pass as they came.
 */
export function lengthLast(headers: readonly string[]): string[] {
  const rest: string[] = [];
  let length: string | null = null;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length === 14 && name.toLowerCase() === "content-length") length = headers[i + 1] as string;
    else rest.push(name, headers[i + 1] as string);
  }
  if (length !== null) rest.push("content-length", length);
  return rest;
}
