import type { KeyLimits } from "../../../exchange/keyed-service.ts";
import { v4Shaped } from "../../../text/hash.ts";

const uuidLength = 36;
const digitsLength = 32;
/** 22 letters and digits hold 128 bits. Every service that is known takes as many. */
export const shortestKeyLength = 22;

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * A key that a service accepts, from the hash that stands for an operation: a UUID where it fits, else
 * its digits alone, else the same 128 bits in letters and digits. Always the same for the same hash.
 */
export function fittingKey(hex: string, { lengthMax = uuidLength, form }: KeyLimits): string {
  if (form === "uuid" || (lengthMax >= uuidLength && form === undefined)) return v4Shaped(hex);
  if (lengthMax >= digitsLength) return v4Shaped(hex).replaceAll("-", "");
  if (lengthMax < shortestKeyLength) throw new RangeError(`A key needs ${shortestKeyLength} characters.`);
  let left = BigInt(`0x${hex.slice(0, digitsLength)}`);
  let key = "";
  for (let i = 0; i < shortestKeyLength; i++) {
    key += alphabet.charAt(Number(left % 62n));
    left /= 62n;
  }
  return key;
}

/** True where a service would take a key that somebody else made. */
export function fitsLimits(key: string, { lengthMax = 255, form }: KeyLimits): boolean {
  if (key.length > lengthMax) return false;
  if (form === "uuid") return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(key);
  return form === undefined || /^[0-9A-Za-z]+$/.test(key);
}
