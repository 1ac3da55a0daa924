/** Random bytes of a name: two attempts that begin in the same millisecond hardly ever share them. */
const randomBytes = 3;

/**
 * A name for a new attempt, `20261130T161502417-7f3a2c`: the time in UTC (ISO 8601, basic form), so that
 * names sort as attempts began, and something random.
 */
export function newAttemptName(nowMs: number, random: (bytes: number) => Uint8Array): string {
  const time = new Date(nowMs).toISOString().replaceAll(/[-:.Z]/g, "");
  return `${time}-${Buffer.from(random(randomBytes)).toString("hex")}`;
}
