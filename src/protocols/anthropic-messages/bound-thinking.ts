type Version = readonly [major: number, minor: number];

/**
 * From which version on the thinking of a model is bound to everything before it: an edit of `system`,
 * `tools` or an earlier message voids every later thinking block.
 *
 * Source: platform.claude.com/docs/en/build-with-claude/preserved-thinking and
 * /docs/en/models/opus-5-5/whats-new-opus-5-5, read in November 2026. The pages name Fable 5.1 and
 * Opus 5.5 "and later models"; the other families follow the model list of that month.
 */
const boundFrom: Readonly<Record<string, Version>> = {
  opus: [5, 5],
  sonnet: [5, 5],
  haiku: [5, 5],
  fable: [5, 1],
  mythos: [5, 1],
};

/** Families that came before versions like the above, and have none in their names. */
const unbound: ReadonlySet<string> = new Set(["claude-mythos-preview", "claude-instant"]);

/** For families that this table does not know: whatever is newer than the first model that binds. */
const boundFromElse: Version = [5, 1];

/**
 * True for models whose thinking is bound. Names may carry a vendor's prefix and a date; a Claude
 * model that cannot be placed counts as new, since a needless strip costs less than a refused request.
 */
export function bindsThinking(model: string): boolean {
  const name = /claude[\w.-]*/.exec(model.toLowerCase())?.[0];
  if (name === undefined || [...unbound].some((one) => name.startsWith(one))) return false;
  const family = /(?<=-)[a-z]{3,}/.exec(name)?.[0] ?? "";
  const version = versionIn(name);
  if (version === undefined) return true;
  const from = boundFrom[family] ?? boundFromElse;
  return version[0] > from[0] || (version[0] === from[0] && version[1] >= from[1]);
}

/** `claude-opus-5-5-20261001`, `claude-opus-5.5@latest`, `claude-3-7-sonnet`, `claude-2.1`. */
function versionIn(name: string): Version | undefined {
  const found = /-v?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/.exec(name);
  return found === null ? undefined : [Number(found[1]), Number(found[2] ?? 0)];
}
