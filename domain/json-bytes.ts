/** How much a value takes in a payload. */

/** Bytes of a value as JSON in UTF-8: a character may take six of them. */
export function jsonBytes(value: unknown): number {
  return utf8Length(JSON.stringify(value));
}

/** Surrogates come in pairs in JSON, half of four bytes each: `JSON.stringify` escapes those that stand alone. */
function utf8Length(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    bytes += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 2 : 3;
  }
  return bytes;
}
