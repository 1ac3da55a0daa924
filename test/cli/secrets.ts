import * as fc from "fast-check";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
// Not `fc.string`: it likes names such as `toString`, which a stack or the other text has anyway.
const word = (minLength: number, units = letters): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...Array.from(units)), { minLength, maxLength: minLength + 20 })
    .map((all) => all.join(""));

/** A secret, and a text that gives it away: by its own look, or by what stands before it. */
export const plantedSecret: fc.Arbitrary<{ readonly secret: string; readonly text: string }> = fc.oneof(
  word(16).map((rest) => bare(`sk-${rest}`)),
  word(32).map((rest) => bare(`ls_${rest}`)),
  word(16).map((rest) => bare(`sk-ant-api03-${rest}`)),
  word(20).map((rest) => bare(`ghp_${rest}`)),
  word(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567").map((rest) => bare(`AKIA${rest}`)),
  fc.tuple(word(16), word(16), word(16)).map((parts) => bare(`eyJ${parts.join(".")}`)),
  fc
    .tuple(fc.constantFrom("Bearer ", "bearer  ", "Basic "), word(8))
    .map(([scheme, secret]) => after(scheme, secret)),
  fc
    .tuple(
      fc.constantFrom(
        "authorization",
        "X-Api-Key",
        "api-key",
        "Cookie",
        "longstop-key",
        "access_token",
        "client_secret",
      ),
      fc.constantFrom(": ", "=", '": "', "':'", '\\":\\"'),
      word(8),
    )
    .map(([name, between, secret]) => after(name + between, secret)),
  word(8).map((secret) => ({ secret, text: `https://user:${secret}@host/` })),
  word(8).map((secret) => ({ secret, text: `/k/${secret}/v1/messages` })),
);

function bare(secret: string): { secret: string; text: string } {
  return { secret, text: secret };
}

function after(before: string, secret: string): { secret: string; text: string } {
  return { secret, text: before + secret };
}
