/** Width and height in pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** How much of an image is looked at: metadata of a camera can stand before a JPEG's size. */
const headBytesMax = 98_304;

/**
 * The size of a PNG, JPEG, GIF or WebP image from the head of its Base64 text, with or without a
 * `data:` prefix; undefined for anything else, and where the head does not say.
 */
export function imageSize(base64: string): ImageSize | undefined {
  const start = base64.startsWith("data:") ? base64.indexOf(",") + 1 : 0;
  const head = Buffer.from(base64.slice(start, start + Math.ceil((headBytesMax * 4) / 3)), "base64");
  const size = sizeOf(head);
  return size !== undefined && size.width > 0 && size.height > 0 ? size : undefined;
}

function sizeOf(head: Buffer): ImageSize | undefined {
  if (head.length < 30) return undefined;
  if (head.readUInt32BE(0) === 0x89_50_4e_47) return pngSize(head);
  if (head.readUInt16BE(0) === 0xff_d8) return jpegSize(head);
  const magic = head.toString("latin1", 0, 4);
  if (magic === "GIF8") return { width: head.readUInt16LE(6), height: head.readUInt16LE(8) };
  if (magic === "RIFF" && head.toString("latin1", 8, 12) === "WEBP") return webpSize(head);
  return undefined;
}

/** PNG (RFC 2083, section 4.1.1): the first chunk is IHDR and begins with the size. */
function pngSize(head: Buffer): ImageSize | undefined {
  if (head.toString("latin1", 12, 16) !== "IHDR") return undefined;
  return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
}

/** JPEG (ITU-T T.81, annex B): segments up to the first frame header, which has the size. */
function jpegSize(head: Buffer): ImageSize | undefined {
  let at = 2;
  while (at + 9 <= head.length) {
    if (head.readUInt8(at) !== 0xff) return undefined;
    const marker = head.readUInt8(at + 1);
    if (isFrameHeader(marker)) return { height: head.readUInt16BE(at + 5), width: head.readUInt16BE(at + 7) };
    // A marker may be preceded by fill bytes, and some markers stand without a length.
    if (marker === 0xff) at += 1;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else at += 2 + head.readUInt16BE(at + 2);
  }
  return undefined;
}

/** SOF0 to SOF15, without the tables (DHT, JPG, DAC) that lie between them. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** WebP (RFC 9649, sections 2.5 to 2.7): lossy, lossless, or extended. */
function webpSize(head: Buffer): ImageSize | undefined {
  switch (head.toString("latin1", 12, 16)) {
    case "VP8 ":
      return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
    case "VP8L": {
      const bits = head.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8X":
      return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
    default:
      return undefined;
  }
}
