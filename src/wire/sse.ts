/**
 * One server-sent event, or one comment, as the bytes that came (its closing blank line included).
 * Joining the bytes of all frames gives back the stream byte for byte, however it was cut.
 */
export interface Frame {
  readonly bytes: Uint8Array;
  /** True where the frame has no `data` and no `event` line (comments, stray blank lines). */
  readonly isComment: boolean;
  /** The `event:` field, or undefined. Decoded when first asked for. */
  readonly event: string | undefined;
  /** The `data:` lines joined by a line feed, or undefined. Decoded when first asked for. */
  readonly data: string | undefined;
}
