/**
 * The text, or its beginning with an ellipsis in place of the rest: for places that have a limit (a name in the Temporal UI,
 * a payload), where the whole is kept elsewhere.
 *
 * @param limit in UTF-16 code units, the ellipsis included; a character is never cut in half
 */
export function shortened(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = limit - 1;
  const code = text.charCodeAt(end - 1);
  const halfCharacter = code >= 0xd800 && code <= 0xdbff;
  return `${text.slice(0, halfCharacter ? end - 1 : end)}…`;
}
