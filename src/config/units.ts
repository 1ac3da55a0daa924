const byteUnits = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/** Bytes for people: `64 MiB`, `1.5 GiB`. */
export function writeBytes(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 1024 && unit < byteUnits.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${rounded(amount)} ${byteUnits[unit]}`;
}

const durations: readonly (readonly [number, string])[] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1000, "s"],
];

/** A span of time for people, in its largest unit: `10 min`, `1.5 s`, `250 ms`. */
export function writeMs(ms: number): string {
  for (const [factor, unit] of durations) {
    if (ms >= factor) return `${rounded(ms / factor)} ${unit}`;
  }
  return `${rounded(ms)} ms`;
}

function rounded(amount: number): string {
  return String(Math.round(amount * 10) / 10);
}
