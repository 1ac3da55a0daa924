/** How long a store keeps what, as the configuration has it: options of every kind of ledger. */
export const retentionSchemas = {
  retentionDays: {
    type: "number",
    default: 7,
    minimum: 0.01,
    maximum: 3650,
    description: "Days that recorded bodies and facts are kept.",
  },
  tombstoneDays: {
    type: "number",
    default: 90,
    minimum: 0.01,
    maximum: 3650,
    description:
      "Days that an ended operation is remembered, so that it is not executed twice. At least retentionDays.",
  },
} as const;

const dayMs = 86_400_000;

/** In ms, with the defaults of what is left out; a tombstone is never gone before its body. */
export function retentionOf(options: { readonly retentionDays?: number; readonly tombstoneDays?: number }): {
  readonly retentionMs: number;
  readonly tombstoneMs: number;
} {
  const retentionMs = (options.retentionDays ?? retentionSchemas.retentionDays.default) * dayMs;
  const tombstoneMs = (options.tombstoneDays ?? retentionSchemas.tombstoneDays.default) * dayMs;
  return { retentionMs, tombstoneMs: Math.max(tombstoneMs, retentionMs) };
}
